namespace SggLab.SceneGraphs.Buffers;

/// <summary>Arrays that serve one piece of work after the other.</summary>
internal static class Scratch
{
    /// <summary>Makes an array at least so long; a longer one loses what it held.</summary>
    public static void Fit<T>(ref T[] array, int length)
    {
        if (array.Length < length) array = new T[length];
    }
}
