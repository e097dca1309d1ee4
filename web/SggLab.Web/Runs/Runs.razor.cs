using System.Collections.Immutable;
using Microsoft.AspNetCore.Components;
using SggLab.Contracts.Api;
using SggLab.Tracking.Leaderboards;
using SggLab.Tracking.Live;
using SggLab.Tracking.Runs;

namespace SggLab.Web.Runs;

public sealed partial class Runs
{
    private const int Page = 100, Most = 2000;
    private IReadOnlyList<RunSummary> _rows = [];
    private IReadOnlyDictionary<string, double> _recalls = RunRecalls.None;
    private ImmutableSortedSet<string> _picked = [];
    private RunSort _sort = RunSort.Newest;
    private string _search = "";
    private int _limit = Page;
    private bool _more;

    [Inject] public required RunQueries Queries { get; init; }
    [Inject] public required LeaderboardQueries Boards { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [SupplyParameterFromQuery(Name = "q")] public string? Search { get; set; }
    [SupplyParameterFromQuery(Name = "state")] public string? State { get; set; }
    [SupplyParameterFromQuery(Name = "method")] public string? Method { get; set; }
    [SupplyParameterFromQuery(Name = "variant")] public string? Variant { get; set; }
    [SupplyParameterFromQuery(Name = "experiment")] public string? Experiment { get; set; }
    [SupplyParameterFromQuery(Name = "sort")] public string? Sort { get; set; }
    [SupplyParameterFromQuery(Name = "pick")] public string? Picked { get; set; }

    private bool Filtered => Search is not null || State is not null || Method is not null || Variant is not null || Experiment is not null;

    protected override bool Concerns(LabChange change) => change.Kind is "run" or "queue" or "experiment" or "leaderboard";

    protected override async Task OnParametersSetAsync()
    {
        (_sort, _search) = (RunSort.Parse(Sort), Search ?? "");
        _picked = [.. (Picked ?? "").Split('.', StringSplitOptions.RemoveEmptyEntries).Take(RunListText.MostPicked)];
        await base.OnParametersSetAsync();
    }

    protected override async Task LoadAsync(CancellationToken cancellation)
    {
        var rows = await Queries.ListAsync(By, new RunFilter(Experiment, State, Method, Variant, Search, null, _limit + 1), cancellation);
        _recalls = RunRecalls.Of(await Boards.NewestAsync(By, cancellation));
        (_rows, _more) = ([.. rows.Take(_limit)], rows.Count > _limit && _limit < Most);
    }

    private Task ShowMoreAsync()
    {
        _limit = Math.Min(_limit * 2, Most);
        return ReloadAsync();
    }

    private void Pick(string run)
    {
        var without = _picked.Remove(run);
        Go(Address(pick: string.Join('.', without.Count < _picked.Count ? without : _picked.Add(run))));
    }

    private void SearchAsync() => Go(Address(search: _search.Trim()));

    private void Go(string address) => Navigation.NavigateTo(address, replace: true);

    /// <summary>This page with one choice changed; an empty text takes a choice away.</summary>
    private string Address(string? search = null, string? state = null, string? method = null, string? variant = null, string? sort = null, string? pick = null) =>
        LabUrls.RunList(search ?? Search, state ?? State, method ?? Method, variant ?? Variant, Experiment, sort ?? Sort, pick ?? Picked);

    private static string Chosen(ChangeEventArgs e) => e.Value as string ?? "";
}
