namespace SggLab.Web.Checkpoints;

/// <summary>Words for checkpoints.</summary>
public static class LineageText
{
    public static string Kind(string kind) => kind switch
    {
        "base" => "starting weights",
        "weights" => "weights",
        "full" => "full, can be resumed",
        _ => kind,
    };
}
