using System.Text.Json;
using SggLab.Contracts;
using SggLab.Worker.Tests.Site;
using static SggLab.Worker.Tests.Site.LabSite;

namespace SggLab.Worker.Tests;

/// <summary>The commands for runs, boards, checkpoints and tokens, as a script sees them, against the real site.</summary>
public sealed class CommandTests(LabSite site) : IClassFixture<LabSite>
{
    private const string Experiment = """
        experiment: from a file
        runs:
          - name: scripted
            method: scripted
            model: {}
            data: { vocabulary: synthetic }
            protocol: { name: synthetic, prompt: closed, system_prompt: think, min_pixels: 1, max_pixels: 1, max_new_tokens: 1, box_frame: thousand, answer_parser: reference, dataset: synthetic, split: test }
            scripted: { steps: 12, step_milliseconds: 1 }
            checkpoints: { every_steps: 5 }
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_queued_once_under_its_key_and_can_be_followed_to_the_leaderboard()
    {
        var file = await WriteAsync("experiment.yaml", Experiment);
        var queued = await JsonAsync("run", "queue", file, "--key", "night-1", "--json");
        var run = queued.GetProperty("runs")[0].GetProperty("id").GetString()!;
        var again = await JsonAsync("run", "queue", file, "--key", "night-1", "--json");
        again.GetProperty("runs").GetRawText().ShouldBe(queued.GetProperty("runs").GetRawText());
        (queued.GetProperty("already").ValueKind, again.GetProperty("already").ValueKind).ShouldBe((JsonValueKind.Null, JsonValueKind.True));
        (await OutputAsync(0, "run", "queue", file, "--key", "night-1")).ShouldContain("nothing was queued now");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Stop)).Replace("experiment:", "note: another\nexperiment:", StringComparison.Ordinal), Stop);
        await OutputAsync(2, "run", "queue", file, "--key", "night-1");
        await using (var worker = site.StartWorker("commands", "--once")) await worker.ExitCodeAsync(Stop);
        await site.UntilEndAsync(run);

        (await JsonAsync("run", "list", "--json")).EnumerateArray().ShouldContain(r => r.GetProperty("id").GetString() == run && r.GetProperty("state").GetString() == "completed");
        (await JsonAsync("run", "show", run, "--json")).GetProperty("checkpoints").GetArrayLength().ShouldBe(3);
        var events = (await OutputAsync(0, "run", "events", run, "--json")).Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        events.Where(e => e.TryGetProperty("record", out _)).Select(e => e.GetProperty("record").GetInt64()).ShouldBe(Enumerable.Range(1, 18).Select(n => (long)n));
        var row = (await JsonAsync("leaderboard", "--json", "--dataset", "synthetic")).EnumerateArray().Single(r => r.GetProperty("runId").GetString() == run);
        foreach (var key in new[] { "run", "variant", "method", "seed", "checkpoint", "failureRate", "recall", "meanRecall", "ap50", "event" }) row.TryGetProperty(key, out _).ShouldBeTrue(key);
        (await OutputAsync(0, "leaderboard")).ShouldContain("scripted");
    }

    [Fact]
    public async Task An_exported_checkpoint_verifies_offline_and_a_changed_byte_is_named()
    {
        var run = (await site.QueueAsync(Run("exported", steps: 30, milliseconds: 1)))[0];
        await using (var worker = site.StartWorker("exporter", "--once")) await worker.ExitCodeAsync(Stop);
        var last = (await site.UntilEndAsync(run)).Checkpoints[^1];
        var folder = Path.Combine(site.Home, "exported");

        (await JsonAsync("checkpoint", "lineage", last.Id, "--json")).GetProperty("ancestors").GetArrayLength().ShouldBe(2);
        (await JsonAsync("checkpoint", "verify", last.Id, "--json")).GetProperty("links").GetArrayLength().ShouldBe(3);
        await OutputAsync(0, "checkpoint", "export", last.Id, folder);
        (await JsonAsync("checkpoint", "verify", folder, "--json")).GetProperty("ok").GetBoolean().ShouldBeTrue();

        var weights = Path.Combine(folder, "weights.bin");
        var bytes = await File.ReadAllBytesAsync(weights, Stop);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Stop);
        (await OutputAsync(1, "checkpoint", "verify", folder)).ShouldContain("weights.bin holds");

        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, Stop);
        var chain = Path.Combine(folder, "checkpoint.json");
        await File.WriteAllTextAsync(chain, (await File.ReadAllTextAsync(chain, Stop)).Replace("\"step\": 20", "\"step\": 21", StringComparison.Ordinal), Stop);
        var broken = JsonSerializer.Deserialize<JsonElement>(await OutputAsync(1, "checkpoint", "verify", folder, "--json"));
        broken.GetProperty("links").EnumerateArray().Select(l => l.GetProperty("ok").GetBoolean()).ShouldBe([true, false, true]);
    }

    [Fact]
    public async Task A_blob_that_changed_on_the_site_is_named()
    {
        var run = (await site.QueueAsync(Run("rotten", steps: 10, milliseconds: 1, seed: 77)))[0];
        await using (var worker = site.StartWorker("rotten", "--once")) await worker.ExitCodeAsync(Stop);
        var checkpoint = (await site.UntilEndAsync(run)).Checkpoints[^1];
        var weights = checkpoint.Files.Single(f => f.Path == "weights.bin").Sha256;
        var blob = Directory.GetFiles(Path.Combine(site.Home, "blobs"), weights, SearchOption.AllDirectories).ShouldHaveSingleItem();
        await File.WriteAllTextAsync(blob, "rotten", Stop);

        (await OutputAsync(1, "checkpoint", "verify", checkpoint.Id)).ShouldContain("weights.bin holds");
    }

    [Fact]
    public async Task A_token_allows_what_its_role_allows()
    {
        var viewer = await WriteAsync("viewer-token", await OutputAsync(0, "token", "create", "--role", "viewer", "--expires", "1h"));
        var run = (await site.QueueAsync(Run("watched", steps: 10)))[0];
        await site.UntilAsync(run, _ => true, "to be known");

        (await OutputAsync(0, "run", "list", "--json", "--token-file", viewer)).ShouldContain(run);
        (await OutputAsync(2, "run", "cancel", run, "--token-file", viewer)).ShouldContain("viewer");
        await OutputAsync(0, "run", "cancel", run);
        (await site.UntilEndAsync(run)).Run.State.ShouldBe("cancelled");
    }

    [Fact]
    public async Task A_run_may_be_named_by_its_name_or_the_beginning_of_its_id_where_one_is_meant()
    {
        var (first, second) = ((await site.QueueAsync(Run("named", steps: 10)))[0], (await site.QueueAsync(Run("twice", steps: 10)))[0]);
        var third = (await site.QueueAsync(Run("twice", steps: 10)))[0];
        await site.UntilAsync(third, _ => true, "to be known");

        (await JsonAsync("run", "show", "named", "--json")).GetProperty("run").GetProperty("id").GetString().ShouldBe(first);
        (await JsonAsync("run", "show", second[..9], "--json")).GetProperty("run").GetProperty("id").GetString().ShouldBe(second);
        var ambiguous = await OutputAsync(2, "run", "cancel", "twice");
        foreach (var meant in new[] { "'twice' may be any of 2 runs", second, third }) ambiguous.ShouldContain(meant);

        foreach (var run in new[] { first, second, third }) await OutputAsync(0, "run", "cancel", run);
    }

    [Fact]
    public async Task A_token_that_is_not_valid_is_named_by_where_it_was_read_with_how_to_make_another()
    {
        var file = await WriteAsync("expired-token", "sgl_nothing");

        var ofFile = await OutputAsync(2, "run", "list", "--token-file", file);
        ofFile.ShouldContain($"does not accept the token from the file {file}: it is wrong, has expired or was revoked.");
        ofFile.ShouldContain("sgglab token create");
        await using var named = ChildProcess.Start("SggLab.Cli", "sgglab", ["run", "list", "--server", site.Url.AbsoluteUri], new Dictionary<string, string> { ["SGGLAB_HOME"] = site.Home, ["SGGLAB_TOKEN"] = "sgl_nothing" });
        (await named.ExitCodeAsync(Stop)).ShouldBe(2);
        named.Output.ShouldContain("the token from the variable SGGLAB_TOKEN");
    }

    [Theory]
    [InlineData(2, "no run nothing00", "run", "show", "nothing00")]
    [InlineData(2, "--expires", "token", "create", "--role", "viewer", "--expires", "soon")]
    [InlineData(2, "janitor", "token", "create", "--role", "janitor")]
    [InlineData(2, "/nowhere.yaml", "run", "queue", "/nowhere.yaml")]
    [InlineData(2, "asOf", "leaderboard", "--as-of", "yesterday")]
    [InlineData(2, "no checkpoint", "checkpoint", "lineage", "0123456789abcdef")]
    [InlineData(3, "does not accept a connection", "run", "list", "--server", "http://127.0.0.1:1")]
    [InlineData(2, "not a web address", "run", "list", "--server", "nonsense")]
    public async Task Wrong_use_gets_one_message(int exitCode, string message, params string[] arguments)
    {
        var output = await OutputAsync(exitCode, arguments);

        output.ShouldContain(message);
        output.ShouldNotContain("   at ");
    }

    private async Task<JsonElement> JsonAsync(params string[] arguments) => JsonSerializer.Deserialize<JsonElement>(await OutputAsync(0, arguments), LabJson.Options);

    private async Task<string> OutputAsync(int exitCode, params string[] arguments)
    {
        string[] server = arguments.Contains("--server") ? [] : ["--server", site.Url.AbsoluteUri];
        await using var command = ChildProcess.Start("SggLab.Cli", "sgglab", [.. arguments, .. server], new Dictionary<string, string> { ["SGGLAB_HOME"] = site.Home });
        (await command.ExitCodeAsync(Stop)).ShouldBe(exitCode, command.Output);
        return command.Output;
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        var file = Path.Combine(site.Home, name);
        await File.WriteAllTextAsync(file, text, Stop);
        return file;
    }
}
