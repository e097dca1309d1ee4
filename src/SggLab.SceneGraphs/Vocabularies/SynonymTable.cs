using SggLab.SceneGraphs.Python;

namespace SggLab.SceneGraphs.Vocabularies;

/// <summary>WordNet 3.0 synonyms of a list of names (<c>find_synonym_map</c>): each word outside the list that leads to one of its names.</summary>
internal sealed class SynonymTable(IReadOnlySet<string> targets, IReadOnlyDictionary<string, string> words)
{
    /// <summary>The name itself, else its synonym; of several words the first that is a name or has one. Null where nothing leads to the list.</summary>
    public string? Find(string name)
    {
        if (FindWord(name) is { } target) return target;
        var parts = PythonText.Split(name);
        if (parts.Length < 2) return null;
        foreach (var part in parts)
            if (FindWord(part) is { } found) return found;
        return null;
    }

    private string? FindWord(string word) => targets.Contains(word) ? word : words.GetValueOrDefault(word);
}
