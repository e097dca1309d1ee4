namespace SggLab.SceneGraphs.Buffers;

/// <summary>A list that keeps its room when cleared and gives its items by reference.</summary>
internal sealed class PooledList<T>
{
    private T[] _items = new T[32];

    public int Count { get; private set; }

    public ref T this[int index] => ref _items[index];

    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(in T item)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        _items[Count++] = item;
    }
}
