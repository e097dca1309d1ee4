using System.Buffers.Binary;
using System.Text;

namespace SggLab.SceneGraphs.Similarity.SpacySm;

/// <summary>spaCy's numbers for strings: MurmurHash64A (seed 1) of the UTF-8 text, except for names of its own symbols.</summary>
internal sealed class StringIds(IReadOnlyDictionary<string, ulong> symbols)
{
    public ulong this[string text] => symbols.TryGetValue(text, out var symbol) ? symbol : Hash(text);

    /// <summary>MurmurHash64A by Austin Appleby, seed 1.</summary>
    public static ulong Hash(string text)
    {
        const ulong m = 0xc6a4a7935bd1e995;
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        var h = 1 ^ ((ulong)bytes.Length * m);
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var k = BinaryPrimitives.ReadUInt64LittleEndian(bytes) * m;
            k ^= k >> 47;
            h = (h ^ (k * m)) * m;
        }
        if (bytes.Length > 0)
        {
            for (var i = 0; i < bytes.Length; i++) h ^= (ulong)bytes[i] << (8 * i);
            h *= m;
        }
        h ^= h >> 47;
        h *= m;
        return h ^ (h >> 47);
    }

    /// <summary>The four 32-bit keys under which an embedding table holds an id (the 128-bit finish of MurmurHash3 on eight bytes).</summary>
    public static (uint, uint, uint, uint) TableKeys(ulong id, uint seed)
    {
        var h1 = ulong.RotateLeft(id * 0x87c37b91114253d5, 31) * 0x4cf5ad432745937f;
        h1 ^= seed;
        h1 ^= 8;
        var h2 = (ulong)seed ^ 8;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1);
        h2 = Finish(h2);
        h1 += h2;
        h2 += h1;
        return ((uint)h1, (uint)(h1 >> 32), (uint)h2, (uint)(h2 >> 32));
    }

    private static ulong Finish(ulong h)
    {
        h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
        h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
        return h ^ (h >> 33);
    }
}
