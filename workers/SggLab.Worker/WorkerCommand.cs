using System.CommandLine;
using System.Runtime.InteropServices;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Worker.Journals;

namespace SggLab.Worker;

/// <summary>The options of a worker and the process around its loop; `./sgglab worker run` is the same command.</summary>
public static class WorkerCommand
{
    /// <param name="name">How the command is called in its help.</param>
    /// <param name="defaults">Server, token file and state folder to use where the command line names none; null where there is none either.</param>
    public static Command Create(string name, Func<(Uri? Server, string? TokenFile, string? State)> defaults)
    {
        var server = new Option<string?>("--server") { Description = "Root of the site, such as http://127.0.0.1:5080." };
        var token = new Option<string?>("--token-file") { Description = "File that holds a worker's API token. It may be replaced while the worker runs." };
        var state = new Option<string?>("--state") { Description = "Folder for this worker's journals, cache and id; one folder a worker." };
        var once = new Option<bool>("--once") { Description = "Take one run, finish it and leave; leave too when none waits." };
        var wait = new Option<double>("--wait") { Description = "With --once: seconds to wait for a run.", DefaultValueFactory = _ => 10 };
        var threads = new Option<int>("--threads") { Description = "CPU threads of libtorch; 0 leaves its default.", DefaultValueFactory = _ => 0 };
        var id = new Option<string?>("--name") { Description = "Id to register under; by default one made at the first start and kept in the state folder." };
        var libtorch = new Option<string?>("--libtorch") { Description = "Folder of another libtorch, for GPUs, to use instead of the bundled one." };
        var grace = new Option<double>("--grace") { Description = "Seconds that a run may take, after SIGTERM or Ctrl-C, to save a checkpoint.", DefaultValueFactory = _ => 60 };
        var cache = new Option<double>("--cache-gb") { Description = "Gigabytes of checkpoint files to keep on this machine.", DefaultValueFactory = _ => 20 };
        var command = new Command(name, "Takes runs from the site's queue and trains them on this machine, one at a time.")
        {
            server, token, state, once, wait, threads, id, libtorch, grace, cache,
        };
        command.SetAction((parsed, _) =>
        {
            var fallback = defaults();
            return RunAsync(new WorkerOptions
            {
                Server = (parsed.GetValue(server) is { } address ? Address(address) : fallback.Server) ?? throw Missing("--server URL", "the root of the site"),
                TokenFile = parsed.GetValue(token) ?? fallback.TokenFile ?? throw Missing("--token-file FILE", "a file with a worker's token, made by `./sgglab token create --role worker`"),
                State = Path.GetFullPath(parsed.GetValue(state) ?? fallback.State ?? throw Missing("--state DIR", "a folder that this worker alone uses")),
                Once = parsed.GetValue(once),
                Wait = Seconds(parsed.GetValue(wait), "--wait"),
                Threads = parsed.GetValue(threads) is >= 0 and var count ? count : throw new LabException($"--threads {parsed.GetValue(threads)} is below 0. Give the number of CPU threads, or 0 for libtorch's default."),
                Name = parsed.GetValue(id),
                Libtorch = parsed.GetValue(libtorch),
                Grace = Seconds(parsed.GetValue(grace), "--grace"),
                CacheBytes = (long)(Math.Max(0, parsed.GetValue(cache)) * (1L << 30)),
            });
        });
        return command;
    }

    /// <returns>0 once told to leave, or after --once.</returns>
    public static async Task<int> RunAsync(WorkerOptions options)
    {
        ReadToken(options.TokenFile);
        Libtorch.Prepare(options.Threads, options.Libtorch);
        using var handBack = new CancellationTokenSource();
        using var abandon = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        var log = new WorkerLog(Console.Out);
        void Leave(PosixSignalContext context)
        {
            context.Cancel = true;
            if (handBack.IsCancellationRequested)
            {
                log.Warn("asked a second time: leaving at once", ("signal", context.Signal));
                abandon.Cancel();
                return;
            }
            log.Info("asked to leave", ("signal", context.Signal), ("graceSeconds", options.Grace.TotalSeconds));
            abandon.CancelAfter(options.Grace);
            stop.CancelAfter(options.Grace + WorkerOptions.FarewellTime);
            handBack.Cancel();
        }
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Leave);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Leave);
        using var client = new LabClient(options.Server, () => ReadToken(options.TokenFile))
        {
            TokenFrom = $"the file {options.TokenFile}",
            TokenRemedy = "An administrator of the site makes one with `./sgglab token create --role worker`; write it into that file.",
        };
        await new WorkerLoop(client, options, log, TimeProvider.System).RunAsync(handBack.Token, abandon.Token, stop.Token);
        // A trainer may still be in the middle of a step; ending the ordinary way would tear libtorch down under it.
        if (abandon.IsCancellationRequested) Posix.ExitNow(0);
        return 0;
    }

    private static string ReadToken(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : throw new LabException($"Token file {file} is empty. Make a token with `./sgglab token create --role worker`.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"Token file {file} cannot be read: {e.Message}", 2, e);
        }
    }

    private static Uri Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new LabException($"--server {text} is not a web address. Give one such as http://127.0.0.1:5080.");

    private static TimeSpan Seconds(double value, string option) =>
        value is >= 0 and < 1e6 ? TimeSpan.FromSeconds(value) : throw new LabException($"{option} {value} is not a number of seconds from 0 to 1000000.");

    private static LabException Missing(string option, string what) => new($"Give {option}: {what}.");
}
