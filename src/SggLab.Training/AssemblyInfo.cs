using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("SggLab.Training.Tests")]
