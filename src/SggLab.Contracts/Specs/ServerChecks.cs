namespace SggLab.Contracts.Specs;

/// <summary>Bounds of a server's settings.</summary>
internal static class ServerChecks
{
    public static void Check(ServerSettings server, string at, SpecCheck check)
    {
        check.OneOf(server.Kind, $"{at}.kind", "vllm", "sglang");
        check.That(server.Urls.Count is >= 1 and <= 64, $"{at}.urls", $"give 1 to 64 addresses; given were {server.Urls.Count}");
        foreach (var url in server.Urls)
            check.That(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https", $"{at}.urls", $"give addresses such as http://gpu-1:8000; given was '{url}'");
        check.That(!string.IsNullOrWhiteSpace(server.Model), $"{at}.model", "give the name under which the server serves the model");
        check.That(server.Concurrency is >= 1 and <= 4096, $"{at}.concurrency", $"give 1 to 4096; given was {server.Concurrency}");
        check.That(server.TimeoutSeconds is >= 1 and <= 86400, $"{at}.timeout_seconds", $"give 1 to 86400; given was {server.TimeoutSeconds}");
        check.That(server.Retries is >= 0 and <= 100, $"{at}.retries", $"give 0 to 100; given was {server.Retries}");
        check.That(server.GapTolerance > 0, $"{at}.gap_tolerance", $"give a number of nats above 0, such as 0.1; given was {server.GapTolerance}");
    }

    /// <summary>A policy that learns must reach the server after each step.</summary>
    public static void CheckWeights(ServerSettings server, GrpoSettings grpo, SpecCheck check)
    {
        check.That(!string.IsNullOrWhiteSpace(server.WeightsFolder), "grpo.server.weights_folder", "give a folder that trainer and server both see, where the weights of each step are put");
        switch (server.Weights)
        {
            case "disk":
                break;
            case "lora":
                check.That(server.Kind == "vllm", "grpo.server.weights", "with sglang give disk");
                check.That(grpo.Lora is not null, "grpo.server.weights", "lora sends the adapter, so the run must train one: add grpo.lora");
                break;
            default:
                check.That(false, "grpo.server.weights", $"say how new weights reach the server: disk (a whole model) or lora (an adapter, vLLM); given was '{server.Weights}'");
                break;
        }
    }
}
