using System.Collections;
using SggLab.Contracts;
using SggLab.Datasets;
using SggLab.Datasets.Prompts;

namespace SggLab.Training.Prompts;

/// <summary>A split as open-vocabulary training sees it: base objects and predicates only; examples without a relation among them are left out.</summary>
public sealed class OvdrExamples : ISceneGraphDataset
{
    private readonly ISceneGraphDataset _all;
    private readonly int[] _kept;

    private OvdrExamples(ISceneGraphDataset all, int[] kept)
    {
        _all = all;
        _kept = kept;
    }

    /// <summary>Reads the split once to see which examples stay.</summary>
    /// <exception cref="LabException">None does.</exception>
    public static OvdrExamples Of(ISceneGraphDataset all)
    {
        int[] kept = [.. all.Select((example, row) => OvdrSplit.Of(example) is null ? -1 : row).Where(row => row >= 0)];
        if (kept.Length == 0)
            throw new LabException("No example of data.train has a relation among VG150's base classes, so grpo.ovdr_split leaves nothing to learn from. Give VG150 data, or leave it out.");
        return new OvdrExamples(all, kept);
    }

    public int Count => _kept.Length;

    public SceneGraphExample this[int row] => OvdrSplit.Of(_all[_kept[row]])!;

    public IEnumerator<SceneGraphExample> GetEnumerator() => Enumerable.Range(0, Count).Select(row => this[row]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => _all.Dispose();
}
