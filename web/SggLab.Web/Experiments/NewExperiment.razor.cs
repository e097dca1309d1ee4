using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using SggLab.Contracts.Specs;
using SggLab.Tracking;

namespace SggLab.Web.Experiments;

/// <summary>The form that queues an experiment, in two steps: check, which shows the runs it will make, then queue.</summary>
public sealed partial class NewExperiment
{
    private ExperimentForm _form = new();
    private string _yaml = "";
    private string? _shownPreset;
    private IReadOnlyList<Preset> _presets = [];
    private IReadOnlyList<FieldProblem> _problems = [];
    private ExperimentSpec? _ready;
    /// <summary>Something was typed or chosen since the check: what is shown need not be what would be queued.</summary>
    private bool _stale;
    private bool _sending;
    private (string By, string? Preset) _shown;
    /// <summary>The same for the same experiment: a second press queues nothing twice.</summary>
    private (string? Content, string Key) _key = (null, "");

    [Inject] public required Presets Files { get; init; }
    /// <summary>fields, scripted (fields too, for runs without a model), demo or yaml.</summary>
    [Parameter, EditorRequired] public required string By { get; set; }
    /// <summary>Name of the preset to put into the YAML field.</summary>
    [Parameter] public string? Preset { get; set; }
    /// <summary>Queues and answers with a refusal or null.</summary>
    [Parameter, EditorRequired] public required Func<string, ExperimentSpec, Task<Refusal?>> Queue { get; set; }

    protected override void OnInitialized() => _form = ExperimentForm.OnDemo(Files.DemoFolder);

    protected override void OnParametersSet()
    {
        if (_shown != (By, Preset))
            (_shown, _ready, _problems) = ((By, Preset), null, []);
        if (By == ExperimentForm.Scripted)
            _form.Method = ExperimentForm.Scripted;
        if (By == "demo")
            _presets = Files.List();
        if (By == "yaml" && Preset != _shownPreset && Files.Find(Preset) is { } preset)
            (_yaml, _shownPreset) = (preset.Text, Preset);
    }

    private bool IsFields => By is not ("demo" or "yaml");

    private Task CheckFieldsAsync() => CheckAsync(_form.Read());

    private Task CheckYamlAsync() => CheckAsync(PastedYaml.Read(_yaml, Files.Home));

    private async Task CheckAsync((ExperimentSpec? Spec, IReadOnlyList<FieldProblem> Problems) read)
    {
        var content = read.Spec is null ? null : ContentOf(read.Spec);
        var confirmed = !_stale && _ready is not null && content == ContentOf(_ready);
        (_ready, _problems, _stale) = (read.Spec, read.Problems, false);
        if (content is not null && content != _key.Content)
            _key = (content, Guid.NewGuid().ToString("N"));
        if (!confirmed || read.Spec is null || _sending)
            return;
        _sending = true;
        try
        {
            if (await Queue(_key.Key, read.Spec) is { } refusal)
                (_ready, _problems) = (null, [new FieldProblem(refusal.Field ?? "", refusal.Message)]);
        }
        finally
        {
            _sending = false;
        }
    }

    /// <summary>Listens while there is a preview that is still true: one message an edit, not one a keystroke.</summary>
    private EventCallback<ChangeEventArgs> Edits => _ready is null || _stale ? default : EventCallback.Factory.Create<ChangeEventArgs>(this, () => _stale = true);

    private void Toggle(string variant)
    {
        if (!_form.Variants.Remove(variant))
            _form.Variants.Add(variant);
    }

    private string? Of(string field) => _problems.FirstOrDefault(problem => problem.Field == field)?.Message;

    private static string ContentOf(ExperimentSpec spec) => SggLab.Contracts.ContentHash.OfJson(spec);

    /// <summary>What belongs to no field on the screen.</summary>
    private IEnumerable<FieldProblem> Elsewhere => IsFields ? _problems.Where(problem => typeof(ExperimentForm).GetProperty(problem.Field) is null) : _problems;

    private void ProblemList(RenderTreeBuilder builder)
    {
        builder.OpenComponent<ProblemSummary>(0);
        builder.AddComponentParameter(1, "Problems", Elsewhere.ToList());
        builder.CloseComponent();
    }

    private void Preview(RenderTreeBuilder builder)
    {
        if (_ready is null)
            return;
        builder.OpenComponent<RunPreview>(0);
        builder.AddComponentParameter(1, "Spec", _ready);
        builder.AddComponentParameter(2, "Stale", _stale);
        builder.CloseComponent();
    }

    private RenderFragment Buttons(string check) => builder =>
    {
        builder.OpenElement(0, "button");
        builder.AddAttribute(1, "type", "submit");
        builder.AddAttribute(2, "class", "btn btn-primary");
        builder.AddAttribute(3, "disabled", _sending);
        builder.AddContent(4, _sending ? "Queueing…" : _stale && _ready is not null ? "Check again" : _ready is { } ready ? ready.Runs.Count == 1 ? "Queue the run" : $"Queue {ready.Runs.Count} runs" : check);
        builder.CloseElement();
    };
}
