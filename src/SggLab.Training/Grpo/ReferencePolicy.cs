using SggLab.Contracts.Specs;
using SggLab.Modeling;
using SggLab.Training.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Training.Grpo;

/// <summary>
/// The policy that the KL term holds on to: a frozen copy of the weights the run started from, or, where an adapter learns, the model without it.
/// With sync_ref_model the copy moves towards the policy now and then (arXiv 2404.09656; TRL's SyncRefModelCallback).
/// </summary>
internal sealed class ReferencePolicy : IDisposable
{
    private const string File = "reference.safetensors";

    private readonly RunSession _session;
    private readonly GrpoSettings _settings;
    private readonly Qwen2VLModel? _frozen;

    private ReferencePolicy(RunSession session, Qwen2VLModel? frozen)
    {
        _session = session;
        _settings = session.Spec.Grpo!;
        _frozen = frozen;
    }

    /// <summary>The reference of a run, as it was where the run resumes; null without a KL term.</summary>
    public static ReferencePolicy? Of(RunSession session)
    {
        var settings = session.Spec.Grpo!;
        if (settings.Beta == 0)
            return null;
        var reference = new ReferencePolicy(session, session.Adapter is null ? session.LoadStart() : null);
        if (!settings.SyncRefModel)
            return reference;
        session.AlsoKeep(folder => SafetensorsWriter.Write(Path.Combine(folder, File), reference._frozen!.Weights.Names.Select(name => KeyValuePair.Create(name, reference._frozen.Weights[name]))));
        if (session.Inputs.ResumeFolder is { } resume)
            reference.Load(Path.Combine(resume, TrainerState.Folder, File));
        return reference;
    }

    /// <summary>Log-probabilities [B,T] of completions, without gradient.</summary>
    public Tensor LogProbs(GrpoRow[] rows)
    {
        if (_frozen is not null)
            return PolicyScores.LogProbs(_frozen, rows, _settings);
        _session.Adapter!.Enabled = false;
        try
        {
            return PolicyScores.LogProbs(_session.Model, rows, _settings);
        }
        finally
        {
            _session.Adapter.Enabled = true;
        }
    }

    /// <summary>Moves the copy where this step asks for it.</summary>
    /// <param name="step">Steps done, this one included.</param>
    public void AfterStep(int step)
    {
        if (!_settings.SyncRefModel || step % _settings.RefModelSyncSteps != 0)
            return;
        using var off = no_grad();
        foreach (var name in _frozen!.Weights.Names)
        {
            using var scope = NewDisposeScope();
            _frozen.Weights[name].Multiply(1 - _settings.RefModelMixupAlpha).Add(_session.Model.Weights[name].detach().Times(_settings.RefModelMixupAlpha));
        }
    }

    private void Load(string file)
    {
        using var off = no_grad();
        using var kept = SafetensorsFile.Open(file);
        foreach (var name in _frozen!.Weights.Names)
            kept.ReadInto(name, _frozen.Weights[name]);
    }

    public void Dispose() => _frozen?.Dispose();
}
