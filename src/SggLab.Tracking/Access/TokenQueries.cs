using Npgsql;
using SggLab.Contracts.Api;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Access;

/// <summary>Reads which tokens there are; their secrets are stored nowhere.</summary>
public sealed class TokenQueries(NpgsqlDataSource source)
{
    /// <summary>Those of the project: valid ones first, the newest of them first.</summary>
    /// <exception cref="ForbiddenException">The role may not manage tokens.</exception>
    public async Task<IReadOnlyList<TokenSummary>> ListAsync(Actor by, CancellationToken cancellation = default)
    {
        Permissions.RequireAdminister(by);
        return await source.ReadAsync($"""
            select t.token_id, t.name, lower(t.role), case when t.revoked_at is not null then 'revoked' when t.expires_at <= now() then 'expired' else 'valid' end,
                t.issued_at, e.user_name, t.expires_at, t.revoked_at
            from lab.{AccessTables.Tokens} t left join lab.mt_events e on e.tenant_id = $2 and e.stream_id = 'token-' || t.token_id and e.version = 1
            where t.project = $1 order by (t.revoked_at is null and (t.expires_at is null or t.expires_at > now())) desc, t.issued_at desc, t.token_id
            """, row => new TokenSummary(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Time(4), row.Text(5), row.TimeOrNone(6), row.TimeOrNone(7)),
            cancellation, by.Project, LabStore.NoProject);
    }
}
