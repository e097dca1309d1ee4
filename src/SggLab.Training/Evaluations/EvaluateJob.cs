using SggLab.Contracts.Records;

namespace SggLab.Training.Evaluations;

/// <summary>A run that only evaluates the weights it starts from.</summary>
internal static class EvaluateJob
{
    public static ClosedRecord Run(JobInputs inputs, IRunRecorder recorder)
    {
        using var session = RunSession.Open(inputs, recorder);
        session.Start(totalSteps: 0);
        return session.EvaluateTest(0) ?? new ClosedRecord(Outcomes.Completed, null, null, 0);
    }
}
