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
    private bool _sending;
    /// <summary>The same until the experiment is queued or edited: a second press queues nothing twice.</summary>
    private string _key = NewKey();

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
        var confirmed = _ready is not null && read.Spec is not null && ContentOf(_ready) == ContentOf(read.Spec);
        (_ready, _problems) = (read.Spec, read.Problems);
        if (!confirmed || read.Spec is null || _sending)
            return;
        _sending = true;
        try
        {
            if (await Queue(_key, read.Spec) is { } refusal)
                (_ready, _problems) = (null, [new FieldProblem(refusal.Field ?? "", refusal.Message)]);
        }
        finally
        {
            _sending = false;
        }
    }

    private void Edited() => (_ready, _key) = (null, NewKey());

    private void Toggle(string variant)
    {
        if (!_form.Variants.Remove(variant))
            _form.Variants.Add(variant);
    }

    private string? Of(string field) => _problems.FirstOrDefault(problem => problem.Field == field)?.Message;

    private static string ContentOf(ExperimentSpec spec) => SggLab.Contracts.ContentHash.OfJson(spec);

    private static string NewKey() => Guid.NewGuid().ToString("N");

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
        builder.CloseComponent();
    }

    private RenderFragment Buttons(string check) => builder =>
    {
        builder.OpenElement(0, "button");
        builder.AddAttribute(1, "type", "submit");
        builder.AddAttribute(2, "class", "btn btn-primary");
        builder.AddAttribute(3, "disabled", _sending);
        builder.AddContent(4, _sending ? "Queueing…" : _ready is { } ready ? ready.Runs.Count == 1 ? "Queue the run" : $"Queue {ready.Runs.Count} runs" : check);
        builder.CloseElement();
    };
}
