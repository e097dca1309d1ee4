using CsCheck;
using SggLab.SceneGraphs.Matching;

namespace SggLab.SceneGraphs.Tests.Matching;

public sealed class AssignmentTests
{
    [Fact]
    public void Ties_and_infinite_costs_are_settled_as_scipy_settles_them()
    {
        foreach (var line in Golden.Lines("rewards/assignments.jsonl"))
        {
            var rows = line.GetProperty("cost").EnumerateArray().Select(r => r.EnumerateArray().Select(v => v.Number()).ToArray()).ToArray();
            var expected = line.GetProperty("columns");
            var columns = new int[rows.Length];
            new Assignment().TrySolve(rows.SelectMany(r => r).ToArray(), rows.Length, rows[0].Length, columns).ShouldBe(expected.ValueKind == System.Text.Json.JsonValueKind.Array, line.ToString());
            if (expected.ValueKind == System.Text.Json.JsonValueKind.Array) columns.ShouldBe(expected.EnumerateArray().Select(c => c.GetInt32()), line.ToString());
        }
    }

    [Fact]
    public void No_other_assignment_costs_less() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6]).SelectMany(size => Gen.Select(Gen.Const(size), Gen.Double[-5, 5].Array[size.Item1 * size.Item2]))
            .Sample(c =>
            {
                var ((rows, columns), cost) = c;
                var solution = new int[rows];
                new Assignment().TrySolve(cost, rows, columns, solution).ShouldBeTrue();
                var used = solution.Where(j => j >= 0).ToList();
                used.Count.ShouldBe(Math.Min(rows, columns));
                used.Distinct().Count().ShouldBe(used.Count);
                var total = solution.Select((j, i) => j < 0 ? 0 : cost[i * columns + j]).Sum();
                total.ShouldBe(Least(cost, rows, columns, 0, 0, Math.Max(0, rows - columns)), 1e-9);
            }, iter: 2000);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    public void A_cost_that_scipy_refuses_is_refused(double bad) => new Assignment().TrySolve([1, bad, 2, 3], 2, 2, new int[2]).ShouldBeFalse();

    [Fact]
    public void Infinite_costs_that_leave_no_assignment_are_refused() =>
        new Assignment().TrySolve([1, double.PositiveInfinity, 2, double.PositiveInfinity], 2, 2, new int[2]).ShouldBeFalse();

    [Fact]
    public void A_solver_gives_the_same_after_other_sizes()
    {
        var solver = new Assignment();
        var (once, again) = (new int[9], new int[9]);
        double[] small = [4, 1, 3, 2, 0, 5, 3, 2, 2];
        solver.TrySolve(small, 3, 3, once);
        solver.TrySolve(Enumerable.Range(0, 63).Select(i => (double)(i * 7 % 11)).ToArray(), 9, 7, new int[9]);
        solver.TrySolve(small, 3, 3, again);
        again.ShouldBe(once);
        once[..3].ShouldBe([1, 0, 2]);
    }

    [Fact]
    public void A_solver_tells_small_differences_after_huge_costs()
    {
        var solver = new Assignment();
        var columns = new int[2];
        solver.TrySolve([1e16, 2e16, 2e16, 1e16], 2, 2, columns);
        solver.TrySolve([0.1, 0, 0, 0.1], 2, 2, columns);
        columns.ShouldBe([1, 0]);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 0)]
    [InlineData(0, 0)]
    public void Where_one_side_is_empty_nothing_is_assigned(int rows, int columns)
    {
        var columnOfRow = new int[rows];
        new Assignment().TrySolve([], rows, columns, columnOfRow).ShouldBeTrue();
        columnOfRow.ShouldAllBe(c => c == -1);
    }

    private static double Least(double[] cost, int rows, int columns, int row, int used, int mayStayFree)
    {
        if (row == rows) return 0;
        var least = double.PositiveInfinity;
        if (mayStayFree > 0) least = Least(cost, rows, columns, row + 1, used, mayStayFree - 1);
        for (var j = 0; j < columns; j++)
            if ((used & (1 << j)) == 0) least = Math.Min(least, cost[row * columns + j] + Least(cost, rows, columns, row + 1, used | (1 << j), mayStayFree));
        return least;
    }
}
