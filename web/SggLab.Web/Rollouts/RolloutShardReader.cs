using Parquet;
using Parquet.Schema;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Tracking.Blobs;

namespace SggLab.Web.Rollouts;

/// <summary>One completion of a shard.</summary>
/// <param name="Parts">Each reward by its column's name, before its weight.</param>
/// <param name="Finish">stop, or length where it was cut off.</param>
public sealed record Rollout(string ImageId, int Group, int Sample, string Prompt, string Completion, double Reward, IReadOnlyDictionary<string, double> Parts,
    double Advantage, int Tokens, string Finish, long Seed);

/// <summary>Reads the parquet files that trainers keep their rollouts in: the named columns, and a column of doubles for each reward.</summary>
public sealed class RolloutShardReader(BlobStore blobs)
{
    /// <summary>A shard of the paper's largest runs has some MB; more would only block the page.</summary>
    private const long LargestShard = 256L << 20;
    private static readonly string[] s_named = ["step", "image_id", "group", "sample", "seed", "prompt", "completion", "reward", "advantage", "tokens", "finish"];

    /// <exception cref="LabException">The shard is not in the blob store, too large, or no parquet file with these columns.</exception>
    public async Task<IReadOnlyList<Rollout>> ReadAsync(BlobFile shard, CancellationToken cancellation)
    {
        if (shard.Bytes > LargestShard)
            throw new LabException($"The shard {shard.Path} has {shard.Bytes >> 20} MB; the page reads up to {LargestShard >> 20}. Read it with a parquet tool: it lies in the blob store as {shard.Sha256}.");
        await using var file = (BlobStore.IsHash(shard.Sha256) ? blobs.Open(shard.Sha256) : null)
            ?? throw new LabException($"The shard {shard.Path} is not in the blob store: {shard.Sha256} was deleted, or the store's folder is another one than when it was kept.");
        try
        {
            return await ReadAsync(file, cancellation);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException or LabException))
        {
            throw new LabException($"The shard {shard.Path} cannot be read as parquet: {e.Message}");
        }
    }

    /// <exception cref="LabException">A column is missing.</exception>
    public static async Task<IReadOnlyList<Rollout>> ReadAsync(Stream file, CancellationToken cancellation)
    {
        await using var reader = await ParquetReader.CreateAsync(file, leaveStreamOpen: true, cancellationToken: cancellation);
        var fields = reader.Schema.DataFields.ToDictionary(field => field.Name);
        if (s_named.Where(name => !fields.ContainsKey(name)).ToList() is { Count: > 0 } missing)
            throw new LabException($"The shard lacks the column{(missing.Count == 1 ? "" : "s")} {string.Join(", ", missing)}; it has {string.Join(", ", fields.Keys)}.");
        var rewards = fields.Values.Where(field => !s_named.Contains(field.Name) && field.ClrType == typeof(double)).ToList();
        var rollouts = new List<Rollout>();
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var rows = reader.OpenRowGroupReader(i);
            var count = checked((int)rows.RowCount);
            var (images, prompts, completions, finishes) = (await Texts("image_id"), await Texts("prompt"), await Texts("completion"), await Texts("finish"));
            var (groups, samples, tokens) = (await Values<int>("group"), await Values<int>("sample"), await Values<int>("tokens"));
            var (seeds, totals, advantages) = (await Values<long>("seed"), await Values<double>("reward"), await Values<float>("advantage"));
            var parts = new List<(string Name, double[] Values)>();
            foreach (var field in rewards)
                parts.Add((field.Name, await Values<double>(field.Name)));
            for (var row = 0; row < count; row++)
                rollouts.Add(new Rollout(images[row], groups[row], samples[row], prompts[row], completions[row], totals[row], parts.ToDictionary(part => part.Name, part => part.Values[row]),
                    advantages[row], tokens[row], finishes[row], seeds[row]));

            async Task<T[]> Values<T>(string name) where T : struct
            {
                var values = new T[count];
                await rows.ReadAsync(fields[name], values.AsMemory(), null, cancellation);
                return values;
            }

            async Task<string[]> Texts(string name)
            {
                var values = new string?[count];
                await rows.ReadAsync(fields[name], values.AsMemory(), null, cancellation);
                return [.. values.Select(value => value ?? "")];
            }
        }
        return rollouts;
    }
}
