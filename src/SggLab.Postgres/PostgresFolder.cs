using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;
using SggLab.Contracts;

namespace SggLab.Postgres;

/// <summary>The files of a site's own server: data/, password, port, log, and kind (local or docker), which keeps later starts on the same data.</summary>
public sealed record PostgresFolder(string Folder)
{
    public string Data => Path.Combine(Folder, "data");
    public string Unfinished => Path.Combine(Folder, "data.new");
    public string Log => Path.Combine(Folder, "log");
    private string PasswordFile => Path.Combine(Folder, "password");
    private string PortFile => Path.Combine(Folder, "port");
    private string KindFile => Path.Combine(Folder, "kind");

    public bool HasData => Major is not null;

    /// <summary>The major version that made the data, the only one that works on them.</summary>
    public string? Major => File.Exists(Path.Combine(Data, "PG_VERSION")) ? File.ReadAllText(Path.Combine(Data, "PG_VERSION")).Trim() : null;

    /// <summary>local, docker, or null before the first start.</summary>
    public string? Kind => File.Exists(KindFile) ? File.ReadAllText(KindFile).Trim() : HasData ? "local" : null;

    public void Prepare(long freeBytesWanted)
    {
        try
        {
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var free = new DriveInfo(Folder).AvailableFreeSpace;
            if (free < freeBytesWanted)
                throw DiskFull(free, freeBytesWanted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The folder {Folder} cannot be made: {e.Message} Name another with --home or SGGLAB_HOME.", 3, e);
        }
    }

    public LabException DiskFull(long? free = null, long? wanted = null) => new(
        $"No disk space for the database: {Folder} has {Megabytes(free ?? new DriveInfo(Folder).AvailableFreeSpace)} free{(wanted is { } w ? $" and {Megabytes(w)} are needed" : "")}. Free some, or name a folder on another disk with --home.", 3);

    public void WriteKind(string kind) => File.WriteAllText(KindFile, kind + "\n");

    /// <summary>The password of the server's only user, made at the first start; only the owner may read the file.</summary>
    public string Password(bool mayMake)
    {
        if (File.Exists(PasswordFile))
            return File.ReadAllText(PasswordFile).Trim();
        if (!mayMake)
            throw new LabException($"The database in {Folder} was made with a password kept in {PasswordFile}, and that file is gone. Put it back from a copy, or move {Folder} away to begin with an empty database.", 3);
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        using var file = new FileStream(PasswordFile, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var writer = new StreamWriter(file);
        writer.WriteLine(password);
        return password;
    }

    /// <summary>The port of last time where it is still free, else any free one.</summary>
    public int ChoosePort(bool anew = false)
    {
        if (!anew && SavedPort is { } saved && IsFree(saved))
            return saved;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        File.WriteAllText(PortFile, port.ToString(CultureInfo.InvariantCulture) + "\n");
        return port;
    }

    public int? SavedPort => File.Exists(PortFile) && int.TryParse(File.ReadAllText(PortFile), CultureInfo.InvariantCulture, out var port) ? port : null;

    public static string Connection(int port, string password, string database) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = port, Username = "sgglab", Password = password, Database = database }.ConnectionString;

    /// <summary>The postmaster that works in this data folder, if one runs.</summary>
    public ProcessIdentity? Postmaster()
    {
        try
        {
            var pid = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            var cwd = new FileInfo($"/proc/{pid}/cwd").LinkTarget;
            return cwd == RealPath.Of(Data) ? ProcessIdentity.Of(pid) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>What the server wrote since the given length of the log.</summary>
    public string LogSince(long length)
    {
        if (!File.Exists(Log))
            return "";
        using var file = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = Math.Min(length, file.Length);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException) { return false; }
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MB");
}
