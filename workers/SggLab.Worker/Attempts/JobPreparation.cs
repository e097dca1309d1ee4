using SggLab.Client;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;
using SggLab.Training;
using SggLab.Worker.Blobs;

namespace SggLab.Worker.Attempts;

/// <summary>Makes of a lease what a trainer needs: the checkpoints it starts or goes on from laid out as folders, waiting for a server that is away.</summary>
/// <param name="threads">What this machine's owner allows; 0 leaves libtorch's default. A run may ask for its own number.</param>
public sealed class JobPreparation(LabClient client, BlobCache cache, int threads, WorkerLog log)
{
    /// <exception cref="OperationCanceledException">The run is not wanted here any more.</exception>
    /// <exception cref="LabApiException">The server lacks a file, or its copy is damaged.</exception>
    public async Task<JobInputs> PrepareAsync(LeaseGrant grant, string work, CancellationToken unwanted)
    {
        unwanted.ThrowIfCancellationRequested();
        var inputs = new JobInputs { Spec = WithThreads(grant.Spec), SpecHash = grant.SpecHash, WorkFolder = work };
        if (grant.Start is { } start) inputs = inputs with { StartCheckpoint = start.Id, StartFolder = await LayOutAsync(start, Path.Combine(work, "start"), unwanted) };
        if (grant.Resume is { } resume) inputs = inputs with { ResumeCheckpoint = resume.Id, ResumeStep = resume.Step, ResumeFolder = await LayOutAsync(resume, Path.Combine(work, "resume"), unwanted) };
        return inputs;
    }

    private RunSpec WithThreads(RunSpec spec) => spec.Threads == 0 && threads > 0 ? spec with { Threads = threads } : spec;

    private async Task<string> LayOutAsync(CheckpointFiles checkpoint, string folder, CancellationToken unwanted)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(15));
        while (true)
        {
            try
            {
                await cache.LayOutAsync(client, checkpoint, folder, unwanted);
                return folder;
            }
            catch (LabApiException e) when (e.IsTransient || e.IsUnauthorized)
            {
                log.Warn("checkpoint files wait", ("checkpoint", checkpoint.Id), ("reason", e.Message));
                await Task.Delay(backoff.Next(e.RetryAfter), unwanted);
            }
        }
    }
}
