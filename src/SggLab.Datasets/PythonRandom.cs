namespace SggLab.Datasets;

/// <summary>
/// Python's random.Random(seed) as far as shuffle needs it (Mersenne twister of Matsumoto and Nishimura 1998, seeded by
/// init_by_array): for orders that must be those of a Python script.
/// </summary>
public sealed class PythonRandom
{
    private const int Size = 624, Middle = 397;
    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    /// <param name="seed">Python seeds with the absolute value.</param>
    public PythonRandom(int seed)
    {
        uint[] key = [(uint)Math.Abs((long)seed)];
        _state[0] = 19650218;
        for (var i = 1; i < Size; i++) _state[i] = Mixed(i, 1812433253) + (uint)i;
        var at = 1;
        for (var k = Size; k > 0; k--)
        {
            _state[at] = (_state[at] ^ (_state[at - 1] ^ _state[at - 1] >> 30) * 1664525) + key[0];
            Step(ref at);
        }
        for (var k = Size - 1; k > 0; k--)
        {
            _state[at] = (_state[at] ^ (_state[at - 1] ^ _state[at - 1] >> 30) * 1566083941) - (uint)at;
            Step(ref at);
        }
        _state[0] = 0x80000000;
    }

    /// <summary>random.shuffle of 0 to count - 1.</summary>
    public int[] Shuffle(int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        return order;
    }

    // As many bits as the bound has, until they fall below it.
    private int Below(int bound)
    {
        var bits = 32 - int.LeadingZeroCount(bound);
        uint draw;
        do draw = Next() >> (32 - bits);
        while (draw >= bound);
        return (int)draw;
    }

    private uint Next()
    {
        if (_next == Size) Refill();
        var y = _state[_next++];
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C5680;
        y ^= y << 15 & 0xEFC60000;
        return y ^ y >> 18;
    }

    private void Refill()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = _state[i] & 0x80000000 | _state[(i + 1) % Size] & 0x7FFFFFFF;
            _state[i] = _state[(i + Middle) % Size] ^ y >> 1 ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
        }
        _next = 0;
    }

    private uint Mixed(int i, uint factor) => (_state[i - 1] ^ _state[i - 1] >> 30) * factor;

    private void Step(ref int at)
    {
        if (++at < Size) return;
        _state[0] = _state[Size - 1];
        at = 1;
    }
}
