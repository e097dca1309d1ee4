using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>A server in a container with its data in a named volume; container and volume carry a hash of the site's folder.</summary>
public static class DockerPostgres
{
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(15);

    /// <summary>An image that can be run at once, or null: Docker does not run, or the image is neither here nor to be had.</summary>
    public static async Task<string?> FindImageAsync(bool mayPull, Action<string> say, CancellationToken cancel)
    {
        if (!(await DockerAsync(["info", "--format", "{{.ServerVersion}}"], s_short, cancel)).Succeeded)
            return null;
        var wanted = Environment.GetEnvironmentVariable("SGGLAB_POSTGRES_IMAGE") is { Length: > 0 } named ? named : "postgres:17";
        if ((await DockerAsync(["image", "inspect", wanted], s_short, cancel)).Succeeded)
            return wanted;
        if (!mayPull)
            return null;
        say($"fetching the container image {wanted} …");
        var pull = await DockerAsync(["pull", "--quiet", wanted], TimeSpan.FromMinutes(5), cancel);
        if (!pull.Succeeded)
            say($"the image {wanted} cannot be had ({pull.LastLines(1)}); going on without Docker");
        return pull.Succeeded ? wanted : null;
    }

    public static async Task<ProvisionedPostgres> StartAsync(PostgresRequest request, string image, Action<string> say, CancellationToken cancel)
    {
        var folder = new PostgresFolder(request.Folder);
        folder.Prepare(freeBytesWanted: 8 << 20);
        var password = folder.Password(mayMake: folder.Kind is null);
        folder.WriteKind("docker");
        var name = ContainerName(request.Folder);
        if ((await DockerAsync(["container", "inspect", name], s_short, cancel)).Succeeded)
            await MustAsync(["start", name], "start the container", cancel);
        else
        {
            say($"starting {image} in a container …");
            await MustAsync(["run", "--detach", "--name", name, "--volume", $"{name}:/sgglab", "--env", "PGDATA=/sgglab/data", "--env", "POSTGRES_USER=sgglab",
                "--env", "POSTGRES_PASSWORD", "--env", $"POSTGRES_DB={request.Database}", "--publish", "127.0.0.1::5432", image,
                "-c", $"max_connections={(request.Disposable ? 400 : 120)}", "-c", $"fsync={(request.Disposable ? "off" : "on")}", "-c", "jit=off", "-c", "max_wal_size=512MB"], "run the container", cancel,
                new Dictionary<string, string?> { ["POSTGRES_PASSWORD"] = password });
        }
        var connection = PostgresFolder.Connection(await PortAsync(name, cancel), password, request.Database);
        var version = await ReadyAsync(name, connection, say, cancel);
        var state = await StateAsync(name, cancel);
        return new("docker", version, connection, state is null ? null : ProcessIdentity.Of(state.Pid), new(name, state?.StartedAt ?? ""));
    }

    /// <summary>Stops the container of this site's folder; the volume keeps the data.</summary>
    public static async Task StopAsync(string folder) =>
        await DockerAsync(["stop", "--time", "30", ContainerName(folder)], TimeSpan.FromSeconds(60), default);

    /// <summary>Container and volume: the data are gone.</summary>
    public static async Task RemoveAsync(string folder)
    {
        await DockerAsync(["rm", "--force", "--volumes", ContainerName(folder)], s_short, default);
        await DockerAsync(["volume", "rm", "--force", ContainerName(folder)], s_short, default);
    }

    /// <summary>As an administrator would; Docker gives it another port then.</summary>
    public static async Task RestartAsync(string folder, CancellationToken cancel) =>
        await MustAsync(["restart", "--time", "30", ContainerName(folder)], "start the container again", cancel);

    /// <summary>When the container of this site's folder was started, in Docker's words; null while it does not run.</summary>
    public static async Task<string?> StartedAtAsync(string folder, CancellationToken cancel) => (await StateAsync(ContainerName(folder), cancel))?.StartedAt;

    /// <param name="Pid">As this machine's kernel sees it, where Docker runs on it.</param>
    private sealed record ContainerState(int Pid, string StartedAt);

    private static async Task<ContainerState?> StateAsync(string name, CancellationToken cancel)
    {
        var state = await DockerAsync(["container", "inspect", "--format", "{{.State.Running}} {{.State.Pid}} {{.State.StartedAt}}", name], s_short, cancel);
        return state.Output.Trim().Split(' ') is ["true", var pid, var startedAt] ? new(int.Parse(pid, CultureInfo.InvariantCulture), startedAt) : null;
    }

    public static string ContainerName(string folder) =>
        "sgglab-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(folder))))[..12];

    private static async Task<int> PortAsync(string name, CancellationToken cancel)
    {
        // "127.0.0.1:32768"
        var port = await MustAsync(["port", name, "5432/tcp"], "ask for the container's port", cancel);
        return int.Parse(port.Output.Trim().Split('\n')[0].Split(':')[^1], CultureInfo.InvariantCulture);
    }

    private static async Task<string> ReadyAsync(string name, string connection, Action<string> say, CancellationToken cancel)
    {
        for (var began = Environment.TickCount64; ; await Task.Delay(300, cancel))
        {
            try { return await GivenPostgres.CheckAsync(connection, cancel); }
            catch (LabException) when (Environment.TickCount64 - began < 120_000)
            {
                if (await StateAsync(name, cancel) is null)
                    throw new LabException($"The PostgreSQL container {name} ended: {(await DockerAsync(["logs", "--tail", "5", name], s_short, cancel)).LastLines()} See: docker logs {name}", 3);
                say("waiting for PostgreSQL in its container …");
            }
        }
    }

    private static async Task<CommandResult> MustAsync(string[] arguments, string purpose, CancellationToken cancel, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var run = await CommandRun.RunAsync("docker", arguments, TimeSpan.FromMinutes(2), environment, cancel: cancel);
        return run.Succeeded ? run : throw new LabException($"Docker could not {purpose}: {run.LastLines(2)}. Mend Docker, or name a server with --postgres.", 3);
    }

    private static Task<CommandResult> DockerAsync(string[] arguments, TimeSpan limit, CancellationToken cancel) =>
        CommandRun.RunAsync("docker", arguments, limit, cancel: cancel);
}
