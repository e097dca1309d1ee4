using SggLab.SceneGraphs.Buffers;
using SggLab.SceneGraphs.Completions;
using SggLab.SceneGraphs.Graphs;
using SggLab.SceneGraphs.Matching;
using SggLab.SceneGraphs.Python;
using SggLab.SceneGraphs.Similarity;

namespace SggLab.SceneGraphs.Rewards;

/// <summary>An object with its names in comparable form; its box in [0,1].</summary>
internal readonly record struct Node(Name Name, Box Box);

/// <summary>A relation of the ground truth; Subject and Object index its nodes (the last of equal ids), null where there is none.</summary>
internal readonly record struct TrueEdge(Name SubjectName, Name Predicate, Name ObjectName, int? Subject, int? Object);

/// <summary>A written relation; null where the key is missing or its value is not text, which makes Python raise when it gets there.</summary>
internal readonly record struct WrittenEdge(Name? Subject, Name? Predicate, Name? Object);

/// <summary>
/// One completion against one ground truth: what the rewards need, worked out at most once. Python raises at the first thing out of place,
/// and which reward gets there differs: so each part says by a Try method whether the reference would have raised.
/// </summary>
/// <remarks>Used again for the next completion; not thread-safe.</remarks>
internal sealed class RewardCase(ICategorySimilarity similarity, RewardSettings settings)
{
    private readonly PythonJson _json = new();
    private readonly Assignment _assignment = new();
    private readonly Dictionary<int, Box> _writtenBoxes = [];
    private char[] _answerBuffer = [];
    private Range _answer;
    private string _completion = "";
    private SceneGraph _truth = SceneGraph.Empty;
    private double _boxScaleWidth;
    private double _boxScaleHeight;
    private bool _isJson;
    private bool? _hasNodes;
    private bool? _hasEdges;
    private bool? _hasMatches;
    private double[] _costs = [];
    private int[] _columnOfRow = [];

    /// <summary>Counts the completions loaded.</summary>
    public int Number { get; private set; }

    public RewardSettings Settings { get; } = settings;
    public NameTable Names { get; } = new(similarity);

    /// <summary>The completion, stripped.</summary>
    public ReadOnlySpan<char> Completion => PythonText.Strip(_completion);

    public PooledList<Node> TrueNodes { get; } = new();
    public PooledList<TrueEdge> TrueEdges { get; } = new();

    /// <summary>The written objects; valid after <see cref="TryReadNodes"/>.</summary>
    public PooledList<Node> Nodes { get; } = new();

    /// <summary>The written relations; valid after <see cref="TryReadEdges"/>.</summary>
    public PooledList<WrittenEdge> Edges { get; } = new();

    public void Load(string completion, SceneGraph truth, double boxScaleWidth, double boxScaleHeight)
    {
        Names.StartCase();
        Number++;
        _completion = completion;
        _truth = truth;
        _boxScaleWidth = boxScaleWidth;
        _boxScaleHeight = boxScaleHeight;
        _hasNodes = _hasEdges = _hasMatches = null;
        LoadTruth();
        _isJson = false;
        if (completion.Length <= CompletionParser.MaxLength)
        {
            _answer = AnswerText.Extract(completion, ref _answerBuffer);
            _isJson = _json.TryParse(Answer);
        }
        Objects = Member("objects");
        Relationships = Member("relationships");
    }

    /// <summary>The list under "objects"; null where the answer is no object with that key.</summary>
    public int? Objects { get; private set; }

    /// <summary>The list under "relationships", likewise.</summary>
    public int? Relationships { get; private set; }

    private ReadOnlySpan<char> Answer => _answerBuffer.AsSpan(_answer);

    private int? Member(string key) => _isJson && _json[0].Kind == JsonKind.Object ? Find(0, key) : null;

    private void LoadTruth()
    {
        TrueNodes.Clear();
        TrueEdges.Clear();
        foreach (var thing in _truth.Objects) TrueNodes.Add(new Node(Names.Get(thing.Id), thing.Box));
        foreach (var relation in _truth.Relationships)
        {
            var subject = Names.Get(relation.Subject);
            var target = Names.Get(relation.Object);
            TrueEdges.Add(new TrueEdge(subject, Names.Get(relation.Predicate), target, IndexOfTrueNode(subject), IndexOfTrueNode(target)));
        }
    }

    private int? IndexOfTrueNode(Name id)
    {
        for (var i = TrueNodes.Count - 1; i >= 0; i--)
            if (ReferenceEquals(TrueNodes[i].Name, id)) return i;
        return null;
    }

    public ref readonly JsonNode Json(int index) => ref _json[index];

    public int? Find(int objectIndex, string key) => _json.Find(objectIndex, key, Answer);

    public bool TryIterate(int index, out int members) => _json.TryIterate(index, out members);

    /// <summary>Reads and scales the written objects; false where the reference raises.</summary>
    public bool TryReadNodes() => _hasNodes ??= ReadNodes();

    private bool ReadNodes()
    {
        Nodes.Clear();
        _writtenBoxes.Clear();
        if (Objects is not { } list || !TryIterate(list, out var members)) return false;
        if (_boxScaleWidth == 0 || _boxScaleHeight == 0) return members == 0;
        var sx = 1 / _boxScaleWidth;
        var sy = 1 / _boxScaleHeight;
        var at = list + 1;
        for (var i = 0; i < members; i++, at = _json[at].Next)
        {
            if (_json[at].Kind != JsonKind.Object || !TryReadBox(Find(at, "bbox"), out var box)) return false;
            if (TextOf(at, "id") is not { } id) return false;
            var node = new Node(id, box.Scale(sx, sy));
            Nodes.Add(node);
            _writtenBoxes[node.Name.RefinedId] = node.Box;
        }
        return true;
    }

    private bool TryReadBox(int? written, out Box box)
    {
        box = default;
        if (written is not { } index || _json[index].Kind != JsonKind.Array || _json[index].Count != 4) return false;
        Span<double> values = stackalloc double[4];
        for (var i = 0; i < 4; i++)
        {
            ref readonly var value = ref _json[index + 1 + i];
            // A member that is a container moves the next ones, but is refused here.
            if (!value.IsNumber || (value.Kind == JsonKind.Integer && double.IsInfinity(value.Number))) return false;
            values[i] = value.Number;
        }
        box = new Box(values[0], values[1], values[2], values[3]);
        return true;
    }

    /// <summary>Reads the written relations; false where iterating them raises. What is wrong inside one is found by whoever looks.</summary>
    public bool TryReadEdges() => _hasEdges ??= ReadEdges();

    private bool ReadEdges()
    {
        Edges.Clear();
        if (Relationships is not { } list || !TryIterate(list, out var members)) return false;
        var at = list + 1;
        for (var i = 0; i < members; i++, at = _json[at].Next)
        {
            Edges.Add(_json[at].Kind == JsonKind.Object
                ? new WrittenEdge(TextOf(at, "subject"), TextOf(at, "predicate"), TextOf(at, "object"))
                : default);
        }
        return true;
    }

    /// <summary>The text under a key of an object; null where the key is missing or holds something else.</summary>
    public Name? TextOf(int objectIndex, string key) =>
        Find(objectIndex, key) is { } index && _json[index].Kind == JsonKind.String ? Names.Get(_json.Characters(_json[index], Answer)) : null;

    /// <summary>The box of the written object that a relation names; of equal ids the last. Null where there is none.</summary>
    public Box? WrittenBox(Name id) => _writtenBoxes.TryGetValue(id.RefinedId, out var box) ? box : null;

    /// <summary>Matches written to true objects at least cost; false where the reference raises.</summary>
    public bool TryMatch() => _hasMatches ??= TryReadNodes() && Match();

    /// <summary>The true object that a written one was matched to, or -1.</summary>
    public int MatchOf(int node) => _columnOfRow[node];

    public int CountMatched()
    {
        var count = 0;
        for (var i = 0; i < Nodes.Count; i++)
            if (MatchOf(i) >= 0) count++;
        return count;
    }

    public double CostOf(int node, int trueNode) => _costs[node * TrueNodes.Count + trueNode];

    // The reference pads the matrix with rows of 100,000 where there are fewer written than true objects.
    private bool Match()
    {
        var columns = TrueNodes.Count;
        var rows = Math.Max(Nodes.Count, columns);
        Scratch.Fit(ref _costs, rows * columns);
        Scratch.Fit(ref _columnOfRow, rows);
        for (var i = 0; i < Nodes.Count; i++)
            for (var j = 0; j < columns; j++)
                if (!TryCost(Nodes[i], TrueNodes[j], out _costs[i * columns + j])) return false;
        Array.Fill(_costs, 1e5, Nodes.Count * columns, (rows - Nodes.Count) * columns);
        return _assignment.TrySolve(_costs, rows, columns, _columnOfRow);
    }

    /// <summary>What matching the two costs; false where the reference raises.</summary>
    public bool TryCost(in Node written, in Node known, out double cost)
    {
        cost = 0;
        if (!BoxMath.TryGeneralizedIou(written.Box, known.Box, out var overlap)) return false;
        var alike = Names.Similarity(written.Name.RefinedCategory, known.Name.RawCategory);
        if (double.IsNaN(alike)) return false;
        cost = Settings.SemanticCost * (1.0 - alike) + Settings.OverlapCost * (1.0 - overlap) + Settings.DistanceCost * BoxMath.L1(written.Box, known.Box);
        return true;
    }
}
