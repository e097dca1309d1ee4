using System.Security.Cryptography;
using System.Text.Json;
using SggLab.Contracts.Specs;

namespace SggLab.Contracts;

/// <summary>SHA-256, lower-case hex, of a record's canonical JSON (members in declared order, no white space).</summary>
public static class ContentHash
{
    public static string Of(RunSpec spec) => OfJson(spec);
    public static string Of(Protocol protocol) => OfJson(protocol);
    public static string OfJson<T>(T value) => OfBytes(JsonSerializer.SerializeToUtf8Bytes(value, LabJson.Options));
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
