using JasperFx.Events;
using System.Security.Cryptography;
using System.Text;

namespace SggLab.Tracking.Telemetry;

/// <summary>
/// How a record lies in the events' bytea column: 1 byte format (1), 1 byte flags (1 = superseded), 32 bytes previous hash, 32 bytes hash, then the line.
/// jsonb would reorder keys, turn 1e2 into 100 and refuse \u0000, lone surrogates and NaN.
/// </summary>
internal sealed class RecordFormat : IEventBinarySerializer
{
    public const int HeaderLength = 2 + HashLength + HashLength;
    private const int HashLength = 32;
    private const byte Version = 1;
    private const byte SupersededFlag = 1;

    public byte[] Serialize(Type type, object data)
    {
        var record = (AttemptRecord)data;
        var bytes = new byte[HeaderLength + record.Line.Length];
        bytes[0] = Version;
        bytes[1] = record.Superseded ? SupersededFlag : (byte)0;
        record.Previous.CopyTo(bytes, 2);
        record.Hash.CopyTo(bytes, 2 + HashLength);
        record.Line.CopyTo(bytes, HeaderLength);
        return bytes;
    }

    public object Deserialize(Type type, byte[] data)
    {
        if (data.Length < HeaderLength || data[0] != Version)
            throw new InvalidDataException($"A stored record of {data.Length} bytes has format {(data.Length > 0 ? data[0] : -1)}; this release reads format {Version}.");
        return AttemptRecords.Create(type, data[HeaderLength..], data[2..(2 + HashLength)], HashOf(data), (data[1] & SupersededFlag) != 0);
    }

    /// <summary>The chain's hash in a stored record.</summary>
    public static byte[] HashOf(byte[] stored) => stored[(2 + HashLength)..HeaderLength];

    /// <summary>Whether a stored record came after its attempt had lost the run.</summary>
    public static bool IsSuperseded(byte[] stored) => (stored[1] & SupersededFlag) != 0;

    /// <summary>Where the chain of an attempt begins.</summary>
    public static byte[] ChainStart(string streamKey) => SHA256.HashData(Encoding.UTF8.GetBytes(streamKey));

    public static byte[] Next(byte[] previous, ReadOnlySpan<byte> line)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        hash.AppendData(line);
        return hash.GetHashAndReset();
    }
}
