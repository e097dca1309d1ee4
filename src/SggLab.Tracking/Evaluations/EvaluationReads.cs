using System.Text.Json;
using Npgsql;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking.Runs;
using SggLab.Tracking.Store;

namespace SggLab.Tracking.Evaluations;

internal static class EvaluationReads
{
    public const string Select = $"""
        select e.run_id, coalesce(er.name, e.run_id), e.checkpoint, e.step, e.protocol, e.protocol_hash, e.dataset, e.split, e.images, e.failure_rate, e.recall, e.mean_recall, e.ap50,
            e.recall_low, e.recall_high, e.sequence, e.at, e.per_predicate, e.metrics
        from lab.{EvaluationRows.Table} e left join lab.{RunRows.Table} er on er.tenant_id = e.tenant_id and er.run_id = e.run_id
        """;

    public static EvaluationSummary Read(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7),
        row.GetInt32(8), row.GetDouble(9), row.GetDouble(10), row.GetDouble(11), row.Number(12), row.GetDouble(13), row.GetDouble(14), row.GetInt64(15), row.Time(16),
        Figures(row.GetString(17)), Figures(row.GetString(18)));

    private static Dictionary<string, double> Figures(string json) => JsonSerializer.Deserialize<Dictionary<string, double>>(json, LabJson.Options)!;
}
