using System.CommandLine;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Records;
using SggLab.Training.Checkpoints;

namespace SggLab.Cli.Runs;

/// <summary>`checkpoint verify ID|DIR`: hashes the files again and walks the chain back to the base weights.</summary>
internal static class VerifyCheckpoint
{
    /// <param name="Problem">null when the link is sound.</param>
    internal sealed record Link(string Checkpoint, bool Ok, string? Problem);
    internal sealed record Verdict(bool Ok, IReadOnlyList<Link> Links);

    public static Command Create()
    {
        var what = new Argument<string>("ID|DIR") { Description = "Id of a checkpoint on the site, or a folder made by `checkpoint export`, which needs no site." };
        var json = RunCommands.Json();
        var site = new SiteConnection();
        var command = new LabCommand("verify", "Hash a checkpoint's files again and walk its chain back to the base weights; exit code 1 if anything differs.")
        {
            Arguments = { what },
            Options = { json },
            Examples =
            [
                "./sgglab checkpoint verify 3f2a91c07b5d4e88       # every file of every link, as the site holds them",
                "./sgglab checkpoint verify my-model --json        # an exported folder, offline",
            ],
        };
        site.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var given = parsed.GetRequiredValue(what);
            var verdict = Directory.Exists(given) ? OfFolder(given) : await OfSiteAsync(given, site, parsed, stop);
            if (parsed.GetValue(json)) Report.Json(verdict);
            else Print(verdict);
            return verdict.Ok ? 0 : 1;
        });
        return command;
    }

    private static Verdict OfFolder(string folder)
    {
        var chain = CheckpointChain.Read(folder);
        return Of(chain, chain.Checkpoints[0].Files.Select(file => (chain.Checkpoints[0].Id, Problem: ProblemOf(folder, chain.Checkpoints[0].Id, file))));
    }

    private static string? ProblemOf(string folder, string checkpoint, BlobFile file)
    {
        var path = CheckpointPaths.Inside(folder, checkpoint, file);
        if (!File.Exists(path)) return $"{file.Path} is missing";
        var found = CheckpointFolder.Blob(file.Path, path);
        return found == file ? null : $"{file.Path} holds {found.Sha256} ({found.Bytes} bytes), not {file.Sha256} ({file.Bytes} bytes)";
    }

    private static async Task<Verdict> OfSiteAsync(string id, SiteConnection site, ParseResult parsed, CancellationToken stop)
    {
        if (id.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new LabException($"{id} is not a folder here. Give a checkpoint's id or a folder made by `./sgglab checkpoint export`.");
        using var client = site.Connect(parsed);
        var chain = CheckpointChain.Of(await client.LineageAsync(id, stop));
        var hashed = new Dictionary<string, string?>();
        var files = new List<(string Id, string? Problem)>();
        foreach (var link in chain.Checkpoints)
            foreach (var file in link.Files)
            {
                if (!hashed.TryGetValue(file.Sha256, out var found)) hashed[file.Sha256] = found = await client.HashBlobAsync(file.Sha256, stop);
                files.Add((link.Id, found is null ? $"the site has lost {file.Path} ({file.Sha256})" : found == file.Sha256 ? null : $"{file.Path} holds {found} on the site, not {file.Sha256}"));
            }
        return Of(chain, files);
    }

    private static Verdict Of(CheckpointChain chain, IEnumerable<(string Id, string? Problem)> files)
    {
        var problems = files.Where(f => f.Problem is not null).ToLookup(f => f.Id, f => f.Problem!);
        var links = chain.Check().Select(l =>
        {
            var all = problems[l.Checkpoint.Id].Concat(l.Problem is null ? [] : [l.Problem]).ToList();
            return new Link(l.Checkpoint.Id, all.Count == 0, all.Count == 0 ? null : string.Join("; ", all));
        }).ToList();
        return new(links.All(l => l.Ok), links);
    }

    private static void Print(Verdict verdict)
    {
        Report.Table(["checkpoint", "", "problem"], verdict.Links.Select(l => new[] { l.Checkpoint, l.Ok ? "ok" : "BROKEN", l.Problem }), "");
        Console.Out.WriteLine(verdict.Ok ? $"All {verdict.Links.Count} links hold, back to the base weights." : $"{verdict.Links.Count(l => !l.Ok)} of {verdict.Links.Count} links are broken.");
    }
}
