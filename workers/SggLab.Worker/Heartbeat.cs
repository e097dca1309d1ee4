namespace SggLab.Worker;

/// <summary>
/// A file in the state folder whose time says when the worker's loop last came round, or last asked for its lease to be renewed: a worker that hangs
/// is known by the file's age.
/// </summary>
public sealed class Heartbeat(string file)
{
    public void Beat()
    {
        try
        {
            File.WriteAllText(file, "");
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk must not end the work; whoever looks at the file sees that it is old.
        }
    }
}
