using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SggLab.Contracts;

namespace SggLab.Cli.Site;

/// <summary>Which loopback port the web site takes.</summary>
public static class WebPort
{
    public const int Default = 5080;

    /// <summary>A port asked for, or refused with who holds it; else last time's; else 5080, or the next free one where another clone's site has it.</summary>
    public static int Choose(int? asked, int? lastTime)
    {
        if (asked is { } port)
            return port is < 1 or > 65535 ? throw new LabException($"--port {port} is no port; give a number from 1 to 65535.")
                : Holder(port) is { } holder ? throw Busy(port, holder) : port;
        if (lastTime is { } last && Holder(last) is null)
            return last;
        for (port = Default; port < Default + 100; port++)
        {
            if (Holder(port) is not { } holder)
                return port;
            // Another program on our port is news for the user; another clone's site is not.
            if (!holder.IsSite && port == Default)
                throw Busy(port, holder);
        }
        throw new LabException($"The ports {Default} to {Default + 99} are all in use. Give a free one with --port.", 3);
    }

    private static LabException Busy(int port, PortHolder holder) =>
        new($"Port {port} is in use by {holder.Text}. Stop it, or give another port: ./sgglab up --port {port + 1}");

    /// <summary>Who listens there; null = free.</summary>
    private static PortHolder? Holder(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse) { return PortHolder.Find(port); }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new LabException($"Port {port} needs rights that this account lacks. Give a port above 1023: ./sgglab up --port {Default}");
        }
    }
}

/// <summary>The program that listens on a port, as far as this account may see it.</summary>
internal sealed record PortHolder(int? Pid, string Command)
{
    public bool IsSite => Command.Contains("SggLab.Web", StringComparison.Ordinal);
    public string Text => Pid is { } pid ? $"process {pid} ({(Command.Length > 80 ? Command[..80] + "…" : Command)})" : "another program";

    /// <summary>/proc/net/tcp names the listening socket's inode; the process with that inode among its files is the one.</summary>
    public static PortHolder Find(int port)
    {
        foreach (var inode in ListeningInodes(port))
            foreach (var process in Directory.EnumerateDirectories("/proc"))
                if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid) && Owns(process, $"socket:[{inode}]"))
                    return new(pid, Read(Path.Combine(process, "cmdline")).Replace('\0', ' ').Trim());
        return new(null, "");
    }

    private static IEnumerable<string> ListeningInodes(int port)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
            foreach (var line in Read(table).Split('\n').Skip(1))
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 9 } fields && fields[1].EndsWith(end, StringComparison.Ordinal) && fields[3] == "0A")
                    yield return fields[9];
    }

    private static bool Owns(string process, string socket)
    {
        try { return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(fd => new FileInfo(fd).LinkTarget == socket); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return false; }
    }

    private static string Read(string path)
    {
        try { return File.ReadAllText(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return ""; }
    }
}
