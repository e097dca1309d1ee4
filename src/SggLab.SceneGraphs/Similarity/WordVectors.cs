using System.Globalization;
using SggLab.Contracts;

namespace SggLab.SceneGraphs.Similarity;

/// <summary>Word vectors of a text file in GloVe's format: a line a word, the word, then its numbers, parted by single spaces.</summary>
public sealed class WordVectors
{
    private const int Quoted = 80;
    private readonly Dictionary<string, float[]> _vectors = new(StringComparer.Ordinal);

    public int Dimensions { get; private set; }
    public int Count => _vectors.Count;

    public float[]? Find(string word) => _vectors.GetValueOrDefault(word);

    public static WordVectors Load(string path)
    {
        if (Directory.Exists(path))
            throw new LabException($"{path} is a folder. Give the path of a GloVe text file, such as glove.6B.50d.txt.");
        if (!File.Exists(path))
            throw new LabException($"There is no word vector file {path}. Give the path of a GloVe text file, such as glove.6B.50d.txt.");
        try
        {
            using var reader = new StreamReader(path);
            return Read(reader, path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"{path} cannot be read ({problem.Message.TrimEnd('.')}). Check the path and its permissions.", inner: problem);
        }
    }

    /// <param name="source">What error messages call the file.</param>
    public static WordVectors Read(TextReader reader, string source)
    {
        var vectors = new WordVectors();
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (line.Length == 0 || (number == 1 && IsHeader(line))) continue;
            vectors.Add(line, source, number);
        }
        if (vectors.Count == 0) throw new LabException($"{source} holds no word vectors. A line is a word and its numbers: the 0.418 0.24968 …");
        return vectors;
    }

    // word2vec's text files start with their size; GloVe's do not.
    private static bool IsHeader(string line) =>
        line.Split(' ') is [var words, var dimensions] && int.TryParse(words, out _) && int.TryParse(dimensions, out _);

    private void Add(string line, string source, int number)
    {
        var end = line.AsSpan().TrimEnd();
        var values = new List<float>(Dimensions);
        var wordEnd = line.IndexOf(' ', StringComparison.Ordinal);
        if (wordEnd <= 0) throw Bad("has no numbers after the word");
        foreach (var range in end[(wordEnd + 1)..].Split(' '))
        {
            var token = end[(wordEnd + 1)..][range];
            if (!float.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !float.IsFinite(value))
                throw Bad($"has \"{Shown(token)}\" where a finite number was expected");
            values.Add(value);
        }
        if (Dimensions == 0) Dimensions = values.Count;
        if (values.Count != Dimensions) throw Bad($"has {values.Count} numbers where the first word has {Dimensions}");
        _vectors[line[..wordEnd]] = [.. values];

        LabException Bad(string what) => new($"{source}, line {number} {what}. A line is a word and its numbers, parted by single spaces{(number == 1 && IsPacked(line) ? "; this file is packed: unpack it first" : "")}.");
    }

    private static bool IsPacked(string line) => line[0] == '\u001f' || line.StartsWith("PK\u0003", StringComparison.Ordinal);

    // Of a file that is no text, what a terminal bears.
    private static string Shown(ReadOnlySpan<char> token)
    {
        var cut = token.Length > Quoted ? token[..(Quoted - 1)] : token;
        return string.Concat(cut.ToArray().Select(c => char.IsControl(c) || c == '\uFFFD' ? '?' : c)) + (cut.Length < token.Length ? "…" : "");
    }
}
