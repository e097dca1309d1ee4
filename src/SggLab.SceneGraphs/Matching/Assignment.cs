using SggLab.SceneGraphs.Buffers;

namespace SggLab.SceneGraphs.Matching;

/// <summary>
/// The linear assignment problem by shortest augmenting paths (Crouse 2016, "On implementing 2D rectangular assignment algorithms"):
/// each row gets another column so that the costs add up to the least.
/// </summary>
/// <remarks>
/// Steps, sums and ties are in the order of scipy's <c>linear_sum_assignment</c>, so that of several best assignments the same one is found.
/// Buffers are used again: not thread-safe.
/// </remarks>
public sealed class Assignment
{
    private double[] _transposed = [];
    private double[] _u = [];
    private double[] _v = [];
    private double[] _shortest = [];
    private int[] _path = [];
    private int[] _columnOfRow = [];
    private int[] _rowOfColumn = [];
    private int[] _remaining = [];
    private bool[] _rowSeen = [];
    private bool[] _columnSeen = [];

    /// <summary>Solves for a matrix of <paramref name="rows"/> by <paramref name="columns"/>, row after row.</summary>
    /// <param name="columnOfRow">Filled with each row's column, or -1 for a row without one (more rows than columns).</param>
    /// <returns>False where scipy raises: a NaN or minus infinity among the costs, or infinite costs that leave no assignment.</returns>
    public bool TrySolve(ReadOnlySpan<double> cost, int rows, int columns, Span<int> columnOfRow)
    {
        columnOfRow[..rows].Fill(-1);
        if (!IsValid(cost[..(rows * columns)])) return false;
        if (columns >= rows)
        {
            if (!TrySolveWide(cost, rows, columns)) return false;
            _columnOfRow.AsSpan(0, rows).CopyTo(columnOfRow);
            return true;
        }
        Scratch.Fit(ref _transposed, rows * columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                _transposed[j * rows + i] = cost[i * columns + j];
        if (!TrySolveWide(_transposed, columns, rows)) return false;
        for (var j = 0; j < columns; j++) columnOfRow[_columnOfRow[j]] = j;
        return true;
    }

    private static bool IsValid(ReadOnlySpan<double> cost)
    {
        foreach (var c in cost)
            if (!(c > double.NegativeInfinity)) return false;
        return true;
    }

    private bool TrySolveWide(ReadOnlySpan<double> cost, int rows, int columns)
    {
        Prepare(rows, columns);
        for (var row = 0; row < rows; row++)
        {
            if (!TryFindPath(cost, row, columns, out var sink, out var least)) return false;
            _u[row] += least;
            for (var i = 0; i < rows; i++)
                if (_rowSeen[i] && i != row) _u[i] += least - _shortest[_columnOfRow[i]];
            for (var j = 0; j < columns; j++)
                if (_columnSeen[j]) _v[j] -= least - _shortest[j];
            Augment(row, sink);
        }
        return true;
    }

    private bool TryFindPath(ReadOnlySpan<double> cost, int row, int columns, out int sink, out double least)
    {
        // Filled in reverse order, a constant matrix gives the identity.
        for (var j = 0; j < columns; j++) _remaining[j] = columns - j - 1;
        Array.Clear(_rowSeen);
        Array.Clear(_columnSeen);
        Array.Fill(_shortest, double.PositiveInfinity, 0, columns);
        var left = columns;
        (sink, least) = (0, 0);
        while (true)
        {
            _rowSeen[row] = true;
            var best = 0;
            var lowest = double.PositiveInfinity;
            var costs = cost.Slice(row * columns, columns);
            var u = _u[row];
            for (var k = 0; k < left; k++)
            {
                var j = _remaining[k];
                var reduced = least + costs[j] - u - _v[j];
                if (reduced < _shortest[j])
                {
                    _path[j] = row;
                    _shortest[j] = reduced;
                }
                // Among equals a free column ends the search.
                if (_shortest[j] < lowest || (_shortest[j] == lowest && _rowOfColumn[j] == -1))
                {
                    lowest = _shortest[j];
                    best = k;
                }
            }
            least = lowest;
            if (double.IsPositiveInfinity(least)) return false;
            sink = _remaining[best];
            _columnSeen[sink] = true;
            _remaining[best] = _remaining[--left];
            if (_rowOfColumn[sink] == -1) return true;
            row = _rowOfColumn[sink];
        }
    }

    private void Augment(int row, int sink)
    {
        var column = sink;
        while (true)
        {
            var i = _path[column];
            _rowOfColumn[column] = i;
            (_columnOfRow[i], column) = (column, _columnOfRow[i]);
            if (i == row) return;
        }
    }

    private void Prepare(int rows, int columns)
    {
        Scratch.Fit(ref _u, rows);
        Scratch.Fit(ref _columnOfRow, rows);
        Scratch.Fit(ref _rowSeen, rows);
        Scratch.Fit(ref _v, columns);
        Scratch.Fit(ref _shortest, columns);
        Scratch.Fit(ref _path, columns);
        Scratch.Fit(ref _rowOfColumn, columns);
        Scratch.Fit(ref _remaining, columns);
        Scratch.Fit(ref _columnSeen, columns);
        Array.Clear(_u);
        Array.Clear(_v);
        Array.Fill(_rowOfColumn, -1);
    }
}
