using SggLab.SceneGraphs.Graphs;

namespace SggLab.Datasets.Inspection;

/// <summary>Counts and hashes one split as its rows go by.</summary>
internal sealed class SplitTally(string name) : IDisposable
{
    private readonly ContentHasher _hasher = new();
    private readonly HashSet<string> _predicates = new(StringComparer.Ordinal);
    private long _rows, _objects, _relationships;
    private bool _broken;

    public string Name => name;

    public long Rows => _rows;

    public void AddBroken()
    {
        _rows++;
        _broken = true;
    }

    /// <summary>Something is wrong that belongs to no row.</summary>
    public void Break() => _broken = true;

    public void Add(string imageId, ReadOnlySpan<byte> image, IReadOnlyList<SceneObject> objects, IReadOnlyList<SceneRelationship> relations, OptionalText promptOpen, OptionalText promptClose)
    {
        _rows++;
        _objects += objects.Count;
        _relationships += relations.Count;
        foreach (var relation in relations) _predicates.Add(relation.Predicate);
        _hasher.Add(imageId, image, objects, relations, promptOpen, promptClose);
    }

    /// <summary>Call once, at the end.</summary>
    public SplitReport Report() => new(name, _rows, _objects, _relationships, _predicates.Count, _broken ? null : _hasher.Finish());

    public void Dispose() => _hasher.Dispose();
}

/// <summary>Problems in the order found; the first ones are kept, the rest counted.</summary>
internal sealed class ProblemList
{
    private const int Kept = 1000;
    private readonly List<InspectionProblem> _problems = [];

    public IReadOnlyList<InspectionProblem> Problems => _problems;
    public long Omitted { get; private set; }

    public void Add(DatasetException e) => Add(new InspectionProblem(e.File, e.Row, e.Field, e.Problem));

    public void Add(InspectionProblem problem)
    {
        if (_problems.Count < Kept) _problems.Add(problem);
        else Omitted++;
    }

    /// <summary>Runs a step; a DatasetException is noted and makes it false.</summary>
    public bool Try(Action step)
    {
        try
        {
            step();
            return true;
        }
        catch (DatasetException e)
        {
            Add(e);
            return false;
        }
    }
}
