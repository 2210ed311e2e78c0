//! Data in each of its forms.
