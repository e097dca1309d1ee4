using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Components;
using SggLab.Tracking.Access;

namespace SggLab.Web.Access;

public sealed partial class SignIn
{
    [Inject] public required AccessService Access { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [Inject] public required TimeProvider Time { get; init; }
    [CascadingParameter] public required HttpContext Context { get; set; }
    [SupplyParameterFromQuery(Name = "returnUrl")] public string? ReturnUrl { get; set; }
    [SupplyParameterFromForm] public SignInEntry? Entry { get; set; }

    private bool Refused { get; set; }

    private async Task SubmitAsync()
    {
        var actor = Entry is { Name: { Length: > 0 } name, Password: { Length: > 0 } password }
            ? await Access.VerifyPasswordAsync(name.Trim(), password, Context.RequestAborted) : null;
        if (actor is not { MayRead: true })
        {
            Refused = true;
            Context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        await Context.SignInAsync(CookieAuthenticationDefaults.AuthenticationScheme, MemberClaims.Principal(actor, Time.GetUtcNow()),
            new AuthenticationProperties { IsPersistent = true });
        Navigation.NavigateTo(LabUrls.LocalOrHome(ReturnUrl));
    }
}

public sealed class SignInEntry
{
    public string? Name { get; set; }
    public string? Password { get; set; }
}
