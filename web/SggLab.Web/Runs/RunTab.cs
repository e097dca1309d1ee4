using SggLab.Contracts.Api;
using SggLab.Web.Look;

namespace SggLab.Web.Runs;

/// <summary>Which part of a run its page opens on.</summary>
public static class RunTab
{
    public const string Curves = "curves", Evaluations = "evaluations";

    /// <summary>The curves; the figures of a run that draws none. It stays the same while a run goes on.</summary>
    public static string First(RunDetail run) =>
        run.Run.Method == "evaluate" || StateLook.IsOver(run.Run.State) && run is { Metrics.Count: 0, Evaluations.Count: > 0 } ? Evaluations : Curves;
}
