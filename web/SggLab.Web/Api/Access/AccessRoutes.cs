using SggLab.Contracts.Api;
using SggLab.Tracking;
using SggLab.Tracking.Access;

namespace SggLab.Web.Api.Access;

internal static class AccessRoutes
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/tokens", IssueAsync).For(ApiRoles.Administrators);
        api.MapDelete("/tokens/{id}", async (string id, LabCommands commands, HttpContext context) =>
            ApiAnswer.Of(await commands.SendAsync(new RevokeToken(context.Actor(), id)), revoked => ApiAnswer.Of(new { id = revoked }))).For(ApiRoles.Administrators);
    }

    private static async Task<IResult> IssueAsync(LabCommands commands, HttpContext context)
    {
        var request = await ApiAnswer.ReadAsync<CreateToken>(context);
        if (!Enum.TryParse<Role>(request.Role, ignoreCase: true, out var role) || !Enum.IsDefined(role) || char.IsAsciiDigit(request.Role[0]))
            return ApiAnswer.Error(StatusCodes.Status422UnprocessableEntity, $"A token's role is worker, viewer, member or admin; given was '{request.Role}'.", "role");
        return ApiAnswer.Of(await commands.SendAsync(new IssueToken(context.Actor(), request.Name, role, request.ExpiresAt)), issued => ApiAnswer.Of(new CreatedToken(issued.Id, issued.Token)));
    }
}
