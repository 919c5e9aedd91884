namespace PmemStream.Demo;

/// <summary>The demo cannot go on, or found something wrong: one line for the user.</summary>
internal sealed class DemoException(string message) : Exception(message);
