using Microsoft.AspNetCore.Components.Web;

namespace SggLab.Web.Layout;

public sealed partial class MainLayout
{
    private ErrorBoundary? _boundary;

    /// <summary>Going to another page leaves a broken one behind.</summary>
    protected override void OnParametersSet() => _boundary?.Recover();

    private void Recover() => _boundary?.Recover();
}
