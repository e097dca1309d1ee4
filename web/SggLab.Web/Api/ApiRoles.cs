using SggLab.Tracking.Access;

namespace SggLab.Web.Api;

/// <summary>Which roles a route takes; the command or query behind it checks again.</summary>
internal sealed record ApiRoles(string Text, Func<Actor, bool> Allow)
{
    public static readonly ApiRoles Readers = new("viewer, member or admin", actor => actor.MayRead);
    public static readonly ApiRoles Writers = new("member or admin", actor => actor.MayWrite);
    public static readonly ApiRoles Workers = new("worker or admin", actor => actor.MayWork);
    public static readonly ApiRoles Administrators = new("admin", actor => actor.MayAdminister);
    public static readonly ApiRoles Everyone = new("worker, viewer, member or admin", _ => true);
    /// <summary>Who may bring files: workers, and members who bring a checkpoint of their own.</summary>
    public static readonly ApiRoles Uploaders = new("worker, member or admin", actor => actor.MayWork || actor.MayWrite);
}

internal static class ApiRoutes
{
    public static TBuilder For<TBuilder>(this TBuilder route, ApiRoles roles) where TBuilder : IEndpointConventionBuilder => route.WithMetadata(roles);

    public static Actor Actor(this HttpContext context) => context.Features.Get<Actor>() ?? throw new InvalidOperationException("The route stands outside the gate.");
}
