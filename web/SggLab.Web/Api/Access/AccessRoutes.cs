using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Access;

namespace SggLab.Web.Api.Access;

internal static class AccessRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/tokens", async (TokenQueries queries, HttpContext context) =>
            ApiAnswer.Of(await queries.ListAsync(context.Actor(), context.RequestAborted))).For(ApiRoles.Administrators);
        api.MapPost("/tokens", IssueAsync).For(ApiRoles.Administrators);
        api.MapPost("/members", AddAsync).For(ApiRoles.Administrators);
        api.MapPost("/members/{name}/password", async (string name, LabCommands commands, HttpContext context) =>
        {
            var request = await ApiAnswer.ReadAsync<NewPassword>(context);
            return ApiAnswer.Of(await commands.SendAsync(new ChangePassword(context.Actor(), name, request.Password)), changed => ApiAnswer.Of(new { name = changed }));
        }).For(ApiRoles.Administrators);
        api.MapDelete("/tokens/{id}", async (string id, LabCommands commands, HttpContext context) =>
        {
            var outcome = await commands.SendAsync(new RevokeToken(context.Actor(), id));
            return ApiAnswer.Of(outcome, revoked => ApiAnswer.Of(new RevokedToken(revoked, outcome.Changed)));
        }).For(ApiRoles.Administrators);
    }

    private static async Task<IResult> AddAsync(LabCommands commands, HttpContext context)
    {
        var request = await ApiAnswer.ReadAsync<CreateMember>(context);
        return RoleOf(request.Role) is { } role
            ? ApiAnswer.Of(await commands.SendAsync(new AddMember(context.Actor(), request.Name, role, request.Password)), added => ApiAnswer.Of(new { name = added }))
            : ApiAnswer.Error(StatusCodes.Status422UnprocessableEntity, $"A member's role is viewer, member or admin; given was '{request.Role}'.", "role");
    }

    private static Role? RoleOf(string text) => Enum.TryParse<Role>(text, ignoreCase: true, out var role) && Enum.IsDefined(role) && !char.IsAsciiDigit(text[0]) ? role : null;

    private static async Task<IResult> IssueAsync(LabCommands commands, HttpContext context)
    {
        var request = await ApiAnswer.ReadAsync<CreateToken>(context);
        if (RoleOf(request.Role) is not { } role)
            return ApiAnswer.Error(StatusCodes.Status422UnprocessableEntity, $"A token's role is worker, viewer, member or admin; given was '{request.Role}'.", "role");
        return ApiAnswer.Of(await commands.SendAsync(new IssueToken(context.Actor(), request.Name, role, request.ExpiresAt)), issued => ApiAnswer.Of(new CreatedToken(issued.Id, issued.Token)));
    }
}
