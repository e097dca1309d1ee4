using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Access;
using SggLab.Tracking.Evaluations;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Checkpoints;

/// <summary>Reads checkpoints and how they grew from each other.</summary>
public sealed class CheckpointQueries(NpgsqlDataSource source)
{
    private const int MostDescendants = 500;

    /// <summary>null if there is no such checkpoint in the project.</summary>
    public Task<CheckpointNode?> FindAsync(Actor by, string checkpointId, CancellationToken cancellation = default)
    {
        Permissions.RequireRead(by);
        return source.FirstAsync($"{CheckpointReads.Select} where c.tenant_id = $1 and c.checkpoint_id = $2", CheckpointReads.Read, cancellation, by.Project, checkpointId);
    }

    /// <summary>Ancestors from the base weights on, and up to 500 descendants, nearest first.</summary>
    public async Task<CheckpointLineage?> LineageAsync(Actor by, string checkpointId, CancellationToken cancellation = default)
    {
        if (await FindAsync(by, checkpointId, cancellation) is not { } node)
            return null;
        // A parent's id is part of its child's manifest, so there is no way round; the depth is bounded all the same.
        var ancestors = await source.ReadAsync($"""
            with recursive up as (
                select parent as id, 1 as depth from lab.{CheckpointNodes.Table} where tenant_id = $1 and checkpoint_id = $2 and parent is not null
                union all
                select n.parent, up.depth + 1 from up join lab.{CheckpointNodes.Table} n on n.tenant_id = $1 and n.checkpoint_id = up.id where n.parent is not null and up.depth < 10000)
            {CheckpointReads.Select} join up on up.id = c.checkpoint_id where c.tenant_id = $1 order by up.depth desc
            """, CheckpointReads.Read, cancellation, by.Project, checkpointId);
        var descendants = await source.ReadAsync($"""
            with recursive down as (
                select checkpoint_id as id, 1 as depth from lab.{CheckpointNodes.Table} where tenant_id = $1 and parent = $2
                union all
                select n.checkpoint_id, down.depth + 1 from down join lab.{CheckpointNodes.Table} n on n.tenant_id = $1 and n.parent = down.id where down.depth < 10000)
            {CheckpointReads.Select} join down on down.id = c.checkpoint_id where c.tenant_id = $1 order by down.depth, c.sequence limit {MostDescendants}
            """, CheckpointReads.Read, cancellation, by.Project, checkpointId);
        var evaluations = await source.ReadAsync($"{EvaluationReads.Select} where e.tenant_id = $1 and e.checkpoint = $2 order by e.sequence", EvaluationReads.Read, cancellation, by.Project, checkpointId);
        return new CheckpointLineage(node, ancestors, descendants, evaluations);
    }
}
