using Microsoft.AspNetCore.Components;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Tracking.Runs;
using SggLab.Web.Access;

namespace SggLab.Web.Rollouts;

/// <summary>What the model answered at one of the kept steps, and what each answer earned.</summary>
public sealed partial class RunRollouts
{
    private const string RecordedType = "rollouts_recorded";
    private const int MostSteps = 5000, Few = 8;
    private IReadOnlyList<RolloutStep> _steps = [];
    private RolloutStep? _shown;
    private IReadOnlyList<RolloutGroup> _groups = [];
    private IReadOnlyList<RewardPart> _parts = [];
    private Dictionary<string, double> _means = [];
    private (string, int?, long)? _address;
    private double _top = 1;
    private int _most = Few;
    private bool _loaded;
    private string? _problem;

    [Inject] public required RunQueries Runs { get; init; }
    [Inject] public required RolloutShardReader Shards { get; init; }
    [Inject] public required Visitor Visitor { get; init; }
    [Inject] public required NavigationManager Navigation { get; init; }
    [Parameter, EditorRequired] public required RunDetail Run { get; set; }
    [Parameter] public int? Step { get; set; }
    /// <summary>Another number says that there may be newer rollouts.</summary>
    [Parameter] public long Stamp { get; set; }

    protected override async Task OnParametersSetAsync()
    {
        if (_address == (Run.Run.Id, Step, Stamp))
            return;
        _address = (Run.Run.Id, Step, Stamp);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            var by = await Visitor.ActorAsync();
            _steps = RolloutStep.Of(await Runs.LatestEventsAsync(by, Run.Run.Id, limit: MostSteps, type: RecordedType), Run.Attempts);
            var asked = RolloutStep.Choose(_steps, Step);
            if (asked?.Event != _shown?.Event)
                await ShowAsync(asked);
            _problem = null;
        }
        catch (LabException e)
        {
            _problem = e.Message;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _problem = "The database did not answer. Try again; if it stays so, run `./sgglab status` on the server.";
        }
        _loaded = true;
    }

    private async Task ShowAsync(RolloutStep? step)
    {
        IReadOnlyList<Rollout> rollouts = step is null ? [] : await Shards.ReadAsync(step.Record.Shard, CancellationToken.None);
        _groups = RolloutGroup.Of(rollouts);
        _parts = RewardPart.Of(Run.Run.Variant, rollouts.SelectMany(rollout => rollout.Parts.Keys).Distinct(), Run.Spec.OwnVariant);
        _means = _parts.ToDictionary(part => part.Name, part => rollouts.Average(rollout => rollout.Parts.GetValueOrDefault(part.Name)));
        _top = Math.Max(0.01, rollouts.Select(rollout => _parts.Sum(part => Math.Max(0, part.Share(rollout)))).DefaultIfEmpty(1).Max());
        (_shown, _most) = (step, Few);
    }

    private RolloutStep? Neighbour(int by)
    {
        var at = _steps.ToList().FindIndex(step => step.Step == _shown?.Step) + by;
        return at >= 0 && at < _steps.Count ? _steps[at] : null;
    }

    private string At(int step) => LabUrls.Run(Run.Run.Id, "rollouts", step: step);
}
