namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>A hashed embedding: the sum of four rows of a table, picked by hashes of the id.</summary>
internal sealed class EmbeddingTable(WeightFile weights, TokenizerRules rules, string attribute)
{
    private const int Width = MaxoutLayer.Width;

    private readonly float[] _table = weights[$"embed.{attribute}.weight"];
    private readonly uint _seed = rules.Seeds[attribute];
    private readonly StringIds _ids = rules.Ids;

    public void Add(string value, Span<float> sum) => AddId(_ids[value], sum);

    public void Add(bool flag, Span<float> sum) => AddId(flag ? 1UL : 0UL, sum);

    private void AddId(ulong id, Span<float> sum)
    {
        var rows = (uint)(_table.Length / Width);
        var (a, b, c, d) = StringIds.TableKeys(id, _seed);
        AddRow(a % rows, sum);
        AddRow(b % rows, sum);
        AddRow(c % rows, sum);
        AddRow(d % rows, sum);
    }

    private void AddRow(uint row, Span<float> sum)
    {
        for (var i = 0; i < Width; i++) sum[i] += _table[row * Width + i];
    }
}
