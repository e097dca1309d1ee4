using System.Collections;

namespace SggLab.Datasets;

/// <summary>Some rows of a data set, in its order. Disposing of it leaves the data set open.</summary>
/// <param name="rows">Ascending.</param>
internal sealed class DatasetPart(ISceneGraphDataset source, int[] rows) : ISceneGraphDataset
{
    public int Count => rows.Length;

    public SceneGraphExample this[int row] => source[rows[row]];

    // Reads the source through rather than row by row: that keeps one page at a time.
    public IEnumerator<SceneGraphExample> GetEnumerator()
    {
        var (row, next) = (0, 0);
        foreach (var example in source)
        {
            if (next == rows.Length) yield break;
            if (row++ != rows[next]) continue;
            next++;
            yield return example;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() { }
}
