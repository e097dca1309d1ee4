using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("SggLab.Modeling.Tests")]
