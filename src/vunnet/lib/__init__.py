"""Money, periods and errors: words every room may use. No models, no Django, no word of selling."""
