namespace SggLab.Tracking.Access;

/// <summary>What a token or member may do. Viewer reads; member queues and cancels; admin also manages access; worker leases and records.</summary>
public enum Role { Worker, Viewer, Member, Admin }

/// <summary>Who asks, in which project. Every command and query takes one and checks it, whoever calls.</summary>
public sealed record Actor(string Name, Role Role, string Project)
{
    /// <summary>The site's first project.</summary>
    public const string FirstProject = "lab";

    /// <summary>The server itself, as where it ends a silent lease.</summary>
    internal static Actor System(string project) => new("system", Role.Admin, project);

    public bool MayRead => Role is Role.Viewer or Role.Member or Role.Admin;
    public bool MayWrite => Role is Role.Member or Role.Admin;
    public bool MayAdminister => Role is Role.Admin;
    public bool MayWork => Role is Role.Worker or Role.Admin;
}
