using System.Text.Encodings.Web;
using System.Text.Json;
using SggLab.SceneGraphs.Metrics;

namespace SggLab.Training.Evaluations;

/// <summary>
/// The predictions of an evaluation as JSON lines, written as they come. An evaluation of the same weights by the same spec that was stopped goes on
/// after the last whole batch, so that its batches are those of an unbroken one.
/// </summary>
internal sealed class PredictionLog : IDisposable
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileStream _stream;

    private PredictionLog(FileStream stream, IReadOnlyList<RawPrediction> done)
    {
        _stream = stream;
        Done = done;
    }

    /// <summary>What an earlier, stopped evaluation predicted, from the first image on.</summary>
    public IReadOnlyList<RawPrediction> Done { get; }

    /// <param name="key">Names weights and settings: predictions of another key are not kept.</param>
    /// <param name="batch">Images side by side.</param>
    public static PredictionLog Open(string file, string key, int batch)
    {
        var sign = file + ".of";
        var isSame = File.Exists(file) && File.Exists(sign) && File.ReadAllText(sign) == key;
        var (done, length) = isSame ? Read(file, batch) : ([], 0);
        File.WriteAllText(sign, key);
        var stream = new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
        stream.SetLength(length);
        stream.Seek(0, SeekOrigin.End);
        return new PredictionLog(stream, done);
    }

    public void Add(RawPrediction prediction) =>
        _stream.Write([.. JsonSerializer.SerializeToUtf8Bytes(new { image_id = prediction.ImageId, response = prediction.Response, box_scale = new[] { prediction.BoxScaleWidth, prediction.BoxScaleHeight } }, s_line), (byte)'\n']);

    /// <summary>What was added is on its way to the disk.</summary>
    public void Flush() => _stream.Flush();

    /// <summary>The whole batches at the start of a file, and how many bytes they are.</summary>
    private static (List<RawPrediction> Done, long Length) Read(string file, int batch)
    {
        var (done, whole, length, at) = (new List<RawPrediction>(), 0, 0L, 0);
        var bytes = File.ReadAllBytes(file);
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', at)) >= 0; at = end + 1)
        {
            if (Parse(bytes.AsMemory(at, end - at)) is not { } prediction)
                break;
            done.Add(prediction);
            if (done.Count % batch == 0)
                (whole, length) = (done.Count, end + 1);
        }
        return (done[..whole], length);
    }

    private static RawPrediction? Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var line = JsonDocument.Parse(text);
            var scale = line.RootElement.GetProperty("box_scale");
            return new RawPrediction(line.RootElement.GetProperty("image_id").GetString()!, line.RootElement.GetProperty("response").GetString()!, scale[0].GetDouble(), scale[1].GetDouble());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();
}
