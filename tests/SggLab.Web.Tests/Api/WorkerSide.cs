using System.Net.Http.Json;
using System.Text;
using SggLab.Contracts;
using SggLab.Contracts.Api;
using SggLab.Contracts.Specs;

namespace SggLab.Web.Tests.Api;

/// <summary>What a worker says over HTTP, in short.</summary>
internal static class WorkerSide
{
    public static ExperimentSpec Experiment(string name, params string[] runs) => new()
    {
        Experiment = name,
        Runs = [.. runs.Select(run => new RunSpec
        {
            Name = run, Method = RunMethod.Scripted, Model = new ModelSource { Folder = "models/tiny" }, Data = new DataSources { Vocabulary = "synthetic" },
            Scripted = new ScriptedSettings { Steps = 10 },
            Protocol = new Protocol
            {
                Name = "synthetic", Prompt = "closed", SystemPrompt = "sft", MinPixels = 3136, MaxPixels = 50176, MaxNewTokens = 256, BoxFrame = "thousand",
                AnswerParser = "reference", Dataset = "synthetic", Split = "test",
            },
        })],
    };

    public static async Task<ExperimentQueued> QueueAsync(HttpClient http, ExperimentSpec spec, string? key = null)
    {
        using var answer = await http.PostAsJsonAsync("experiments", new QueueExperiment(key, spec), LabJson.Options);
        return await ReadAsync<ExperimentQueued>(answer);
    }

    public static async Task<LeaseGrant> LeaseAsync(HttpClient http, string worker)
    {
        using (var registered = await http.PostAsJsonAsync("workers", new RegisterWorker(worker, "a", "box", "cpu", 1, "1.0"), LabJson.Options))
            registered.EnsureSuccessStatusCode();
        using var answer = await http.PostAsync(new Uri($"workers/{worker}/lease", UriKind.Relative), null);
        return await ReadAsync<LeaseGrant>(answer);
    }

    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, LeaseGrant lease, IEnumerable<string> lines, Func<byte[], HttpContent>? pack = null)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"runs/{lease.RunId}/attempts/{lease.Attempt}/records") { Content = pack?.Invoke(bytes) ?? new ByteArrayContent(bytes) };
        request.Headers.Add("X-Fence", $"{lease.Fence}");
        return await http.SendAsync(request);
    }

    public static string Metrics(long n, int step) => Line(n, "metrics", $"{{\"steps\":[{step}],\"series\":{{\"loss\":[{step}.5]}}}}");

    public static string Started(long n) =>
        Line(n, "started", """{"codeVersion":"1","machine":"box","device":"cpu","threads":1,"totalSteps":10,"resumedStep":0,"environment":{}}""");

    public static string Closed(long n) => Line(n, "closed", """{"outcome":"completed","step":10}""");

    private static string Line(long n, string type, string data) => $"{{\"n\":{n},\"type\":\"{type}\",\"at\":\"2026-03-01T12:00:00.000Z\",\"data\":{data}}}";

    public static async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return System.Text.Json.JsonSerializer.Deserialize<T>(text, LabJson.Options)!;
    }
}
