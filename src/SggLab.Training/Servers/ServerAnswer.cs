using System.Text.Json;
using SggLab.Contracts;

namespace SggLab.Training.Servers;

/// <summary>A completion as a server sent it.</summary>
/// <param name="Ids">The tokens written, the end token included; null where the server does not tell.</param>
/// <param name="LogProbs">Of each of them, over the whole vocabulary; null where the server does not tell.</param>
/// <param name="PromptTokens">Tokens of the prompt, image tokens included; null where the server does not tell.</param>
/// <param name="Version">Which weights wrote it; null where the server does not tell.</param>
internal sealed record ServerAnswer(string Text, int[]? Ids, float[]? LogProbs, int? PromptTokens, string? Version, bool IsCutOff);

/// <summary>Reads members of an answer that may be missing or of another kind.</summary>
internal static class AnswerReading
{
    /// <exception cref="LabException">The answer has no such member; the message shows what it has.</exception>
    public static JsonElement Member(this JsonElement answer, string name) =>
        answer.Find(name) ?? throw new LabException($"The server's answer has no '{name}': {Shown(answer)}. Is it the kind of server that the spec names?");

    public static JsonElement? Find(this JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var member) && member.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? member : null;

    private static string Shown(JsonElement answer)
    {
        var text = answer.ToString();
        return text.Length <= 300 ? text : text[..300] + "…";
    }
}
