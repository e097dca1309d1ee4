using TorchSharp;
using static TorchSharp.torch;

namespace SggLab.Modeling.Tests;

/// <summary>
/// Training in f32 against the same steps in f64, which has no rounding to speak of; in f32 it grows from step to step
/// (docs/decisions/0006-training-parity.md).
/// </summary>
public sealed class ExactArithmeticTests
{
    [Theory]
    [InlineData("qwen2-vl-tiny", "labels_r1sgg"), InlineData("qwen2-vl-tiny", "labels_assistant")]
    [InlineData("qwen2_5-vl-tiny", "labels_r1sgg"), InlineData("qwen2_5-vl-tiny", "labels_assistant")]
    [InlineData("qwen3-vl-tiny", "labels_r1sgg"), InlineData("qwen3-vl-tiny", "labels_assistant")]
    public void Five_steps_in_f32_stay_with_those_in_f64(string folder, string labels)
    {
        var ours = Train(Golden.Model(folder), labels, ScalarType.Float32);
        var exact = Train(Golden.Model(folder), labels, ScalarType.Float64);

        foreach (var (name, gradient) in exact.FirstGradients)
            (Compare.MaxAbs(ours.FirstGradients[name], gradient) / gradient.abs().max().item<double>()).ShouldBeLessThan(2e-5, name);
        for (var step = 0; step < exact.Steps.Count; step++)
        {
            ours.Steps[step].Loss.ShouldBe(exact.Steps[step].Loss, step == 0 ? 2e-5 : TrainingParity.OwnLossTolerance, $"loss of step {step}");
            (ours.Steps[step].Norm / exact.Steps[step].Norm).ShouldBe(1, step == 0 ? 1e-4 : TrainingParity.OwnNormTolerance, $"gradient norm of step {step}");
        }
    }

    private static (Dictionary<string, Tensor> FirstGradients, List<(double Loss, double Norm)> Steps) Train(string folder, string labels, ScalarType type)
    {
        using var model = Qwen2VLModel.Load(folder, type);
        model.Weights.Train(_ => true);
        using var trainer = new ParityTrainer(model.Weights.Trained(), rate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.01, clip: 1);
        using var batch = Batch(model, folder, labels);
        var gradients = new Dictionary<string, Tensor>();
        var steps = new List<(double, double)>();
        for (var step = 0; step < 5; step++)
        {
            using var scope = NewDisposeScope();
            var loss = TrainingParity.LogProbs(model, batch).mean().neg();
            loss.backward();
            if (step == 0)
                gradients = model.Weights.Trained().ToDictionary(w => w.Key, w => w.Value.grad!.to_type(ScalarType.Float64).clone().DetachFromDisposeScope());
            steps.Add((loss.to_type(ScalarType.Float64).item<double>(), trainer.Step()));
        }
        return (gradients, steps);
    }

    private static ModelBatch Batch(Qwen2VLModel model, string folder, string labels)
    {
        using var recorded = SafetensorsFile.Open(Path.Combine(folder, "training.safetensors"));
        using var inputs = SafetensorsFile.Open(Path.Combine(folder, "forward_right_padded.safetensors"));
        var golden = GoldenCases.Read(folder);
        var images = GoldenBatch.Images(model, golden, golden.CaseOf("right_padded", "training.json", _ => true));
        return ModelBatch.Of(model, GoldenBatch.Rows(model, inputs.Read("input_ids"), inputs.Read("attention_mask"), images, recorded.Read(labels)));
    }
}
