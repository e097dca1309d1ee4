using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Graphs;

/// <summary>How the reference compares ids, subjects, objects and predicates.</summary>
public static class GraphNames
{
    /// <summary>"_" and "-" as spaces, stripped, lower case (<c>refine_node_edge</c>).</summary>
    public static string Refine(string raw) => PythonText.Lower(PythonText.Strip(raw.Replace('_', ' ').Replace('-', ' ')).ToString());

    /// <summary>The text before the first dot: <c>man.3</c> is a man. Not stripped: <c>man .3</c> is no man.</summary>
    public static string CategoryOf(string id)
    {
        var dot = id.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? id : id[..dot];
    }
}
