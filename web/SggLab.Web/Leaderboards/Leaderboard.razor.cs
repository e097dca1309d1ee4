using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Specs;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;

namespace SggLab.Web.Leaderboards;

public sealed partial class Leaderboard
{
    private IReadOnlyList<Board> _boards = [];
    private IReadOnlyList<BoardRow> _rows = [];
    private IReadOnlyList<(string Id, string Name)> _experiments = [];
    private Board? _board;
    private AsOf? _moment;
    private string? _typed, _cut;
    private double _top = 1;
    private (string Hash, Protocol? Protocol) _protocol;

    [Inject] public required LeaderboardQueries Boards { get; init; }
    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [SupplyParameterFromQuery(Name = "dataset")] public string? Dataset { get; set; }
    [SupplyParameterFromQuery(Name = "split")] public string? Split { get; set; }
    [SupplyParameterFromQuery(Name = "protocol")] public string? Protocol { get; set; }
    [SupplyParameterFromQuery(Name = "experiment")] public string? Experiment { get; set; }
    [SupplyParameterFromQuery(Name = "sort")] public string? Sort { get; set; }
    [SupplyParameterFromQuery(Name = "asOf")] public string? AsOf { get; set; }

    protected override bool Concerns(LabChange change) => change.Kind == "leaderboard" && _moment is null;

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        _moment = AsOf is null ? null : Tracking.Leaderboards.AsOf.Parse(AsOf);
        _boards = await Boards.BoardsAsync(By, _moment, cancellation);
        _board = BoardChoice.Of(_boards, Dataset, Split, Protocol);
        if (_board is null)
        {
            (_rows, _cut) = ([], null);
            return;
        }
        _experiments = await Boards.ExperimentsAsync(By, _board, _moment, cancellation);
        var ranking = await Boards.RankAsync(By, _board.Dataset, _board.Split, _board.ProtocolHash, _moment, Experiment, cancellation);
        var ranked = ranking.Rows;
        _cut = BoardChoice.Cut(ranked.Count, ranking.Total, Experiment is not null);
        if (_protocol.Hash != _board.ProtocolHash && ranked is [var first, ..])
            _protocol = (_board.ProtocolHash, (await Runs.FindAsync(By, first.RunId, cancellation))?.Spec.Protocol);
        _rows = BoardRow.Arrange(ranked, PublishedRows.ComparableWith(_protocol.Hash == _board.ProtocolHash ? _protocol.Protocol : null), BoardSort.Parse(Sort));
        _top = BoardRow.Top(_rows);
    }

    private void Choose(ChangeEventArgs e)
    {
        if (_boards.FirstOrDefault(board => BoardChoice.Key(board) == e.Value as string) is { } board)
            Navigation.NavigateTo(LabUrls.Board(board.Dataset, board.Split, board.ProtocolHash, AsOf, Sort), replace: true);
    }

    private void GoToMoment() => Navigation.NavigateTo(Address(asOf: BoardMoment.ForAddress(_typed) ?? ""), replace: true);

    /// <summary>This board with one choice changed; an empty text takes a choice away.</summary>
    private string Address(string? asOf = null, string? sort = null, string? experiment = null) =>
        LabUrls.Board(Dataset, Split, Protocol, asOf ?? AsOf, sort ?? Sort, experiment ?? Experiment);
}
