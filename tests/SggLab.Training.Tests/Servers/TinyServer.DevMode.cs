using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SggLab.Modeling;

namespace SggLab.Training.Tests.Servers;

/// <summary>
/// What vLLM adds under VLLM_SERVER_DEV_MODE=1. As there, whole weights are read from a folder in place, what was computed from the old ones goes on
/// being used until each cache is emptied, the version is a name that only its own order changes, and a server that starts again has forgotten it all.
/// </summary>
internal sealed partial class TinyServer
{
    private readonly ManualResetEventSlim _running = new(initialState: true);
    private readonly HashSet<string> _full = [];
    private Qwen2VLModel? _old;

    public bool DevMode { get; set; } = true;
    /// <summary>False: as before vLLM 0.27.</summary>
    public bool KnowsVersions { get; set; } = true;
    /// <summary>What a worker says in place of taking weights.</summary>
    public string? ReloadFailure { get; set; }
    /// <summary>A cache that is still in use and so is not emptied.</summary>
    public string? HeldCache { get; set; }
    public bool IsPaused => !_running.IsSet;
    /// <summary>Weights that were taken while requests were let through.</summary>
    public int ReloadsWhileRunning { get; private set; }

    private Qwen2VLModel Writing => _old ?? _weights;

    /// <summary>The weights that it has now, as a model folder.</summary>
    public void Save(string folder)
    {
        lock (_model)
            _weights.Save(folder);
    }

    /// <summary>The process ends and another begins.</summary>
    public void StartAgain()
    {
        lock (_model)
        {
            ForgetOldWeights();
            _weights.Dispose();
            _weights = Qwen2VLModel.Load(_modelFolder);
            _full.Clear();
            WeightVersion = "default";
            _running.Set();
        }
    }

    private void MapDevMode()
    {
        _app.MapGet("/weight_info", context => DevAsync(context, _ => (200, new { weight_version = StuckAt ?? WeightVersion }), KnowsVersions));
        _app.MapPost("/update_weight_version", context => DevAsync(context, NameWeights, KnowsVersions));
        _app.MapPost("/collective_rpc", context => DevAsync(context, Reload));
        _app.MapPost("/pause", context => DevAsync(context, _ => Pause(context.Request.Query["mode"])));
        _app.MapPost("/resume", context => DevAsync(context, _ => Resume()));
        foreach (var cache in new[] { "prefix", "mm", "encoder" })
            _app.MapPost($"/reset_{cache}_cache", context => DevAsync(context, _ => Empty(cache)));
    }

    private Task DevAsync(HttpContext context, Func<JsonElement, (int, object)> handle, bool isThere = true) =>
        GuardedAsync(context, DevMode && isThere ? handle : _ => (404, new { detail = "Not Found" }));

    private (int, object) NameWeights(JsonElement body)
    {
        WeightVersion = body.GetProperty("new_version").GetString()!;
        return (200, new { success = true, new_version = WeightVersion });
    }

    private (int, object) Pause(string? mode)
    {
        mode.ShouldBe("wait", "other modes cut off what is being written");
        _running.Reset();
        lock (_model)
            return (200, new { status = "paused" });
    }

    private (int, object) Resume()
    {
        _running.Set();
        return (200, new { status = "resumed" });
    }

    private (int, object) Reload(JsonElement body)
    {
        body.GetProperty("method").GetString().ShouldBe("reload_weights");
        body.GetProperty("kwargs").GetProperty("is_checkpoint_format").GetBoolean().ShouldBeTrue();
        var folder = body.GetProperty("kwargs").GetProperty("weights_path").GetString()!;
        if (ReloadFailure is not null || !Directory.Exists(folder))
            return (500, new { error = new { message = $"Call to collective_rpc method failed: {ReloadFailure ?? $"Cannot find any model weights with `{folder}`"}", type = "InternalServerError", code = 500 } });
        if (!IsPaused)
            ReloadsWhileRunning++;
        lock (_model)
        {
            ForgetOldWeights();
            (_old, _weights) = (_weights, Qwen2VLModel.Load(folder));
            _full.UnionWith(["prefix", "mm", "encoder"]);
        }
        return (200, new { results = new object?[] { null } });
    }

    private (int, object) Empty(string cache)
    {
        if (HeldCache == cache)
            return (200, new { success = false });
        lock (_model)
        {
            _full.Remove(cache);
            if (_full.Count == 0)
                ForgetOldWeights();
        }
        return (200, cache == "prefix" ? new { success = true } : "");
    }

    private void ForgetOldWeights()
    {
        _old?.Dispose();
        _old = null;
    }
}
