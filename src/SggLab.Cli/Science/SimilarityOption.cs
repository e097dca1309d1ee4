using System.CommandLine;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.Cli.Science;

/// <summary>The option that says how names are compared.</summary>
internal static class SimilarityOption
{
    public static Option<string> Create(string name) => new(name)
    {
        Description = "How names are compared: spacy-sm (the reference), vectors:FILE (GloVe text) or exact.",
        DefaultValueFactory = _ => "spacy-sm",
    };
}
