using System.Text;
using System.Text.Json;
using SggLab.Client;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Records;

namespace SggLab.EndToEnd.Browser;

/// <summary>Says over the API what a worker with a GPU would say of an evaluation: no machine of the tests has one.</summary>
internal sealed class GpuWorker(LabClient lab, string id)
{
    public Task ComeAsync() => lab.RegisterAsync(new RegisterWorker(id, "a", "gpu-box", "cuda", 1, "1.0"));

    public Task LeaveAsync() => lab.SignOffAsync(id, "a");

    /// <summary>Of images without any object that counts, so that AP50 is COCO's -1.</summary>
    public async Task EvaluateAsync()
    {
        var lease = (await lab.LeaseAsync(id))!;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, lease.RunId);
        var blob = new BlobFile("predictions.jsonl", ContentHash.OfBytes(await File.ReadAllBytesAsync(file)), new FileInfo(file).Length);
        await lab.UploadBlobAsync(blob.Sha256, file);
        File.Delete(file);
        var weights = blob.Sha256[..16];
        var protocol = lease.Spec.Protocol;
        object[] records =
        [
            new StartedRecord("1.0", "gpu-box", "cuda", 1, 0, 0, null, null, new Dictionary<string, string>()),
            new CheckpointRecord(weights, 0, "base", null, [blob], lease.SpecHash, null, "1.0"),
            new EvaluationRecord(weights, 0, protocol.Name, "gpu", protocol.Dataset, protocol.Split, "d1", 2, 0.1, 0.4, 0.3, -1, 0.3, 0.5, new Dictionary<string, double>(), new Dictionary<string, double> { ["on"] = 0.4 }, [0.3, 0.5], blob),
            new ClosedRecord("completed", null, null, 0),
        ];
        string[] types = [RecordTypes.Started, RecordTypes.Checkpoint, RecordTypes.Evaluation, RecordTypes.Closed];
        var lines = new StringBuilder();
        for (var i = 0; i < records.Length; i++)
            lines.AppendLine(JsonSerializer.Serialize(new RunRecord { N = i + 1, Type = types[i], At = DateTimeOffset.UtcNow, Data = JsonSerializer.SerializeToElement(records[i], LabJson.Options) }, LabJson.Options));
        await lab.SendRecordsAsync(lease.RunId, lease.Attempt, lease.Fence, Encoding.UTF8.GetBytes(lines.ToString()));
    }
}
